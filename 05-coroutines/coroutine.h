// coroutine.h - functions that stop in the middle and continue later:
// generators in ISO C11. Values that must survive a stop are kept in a struct,
// the frame, whose first member `co` knows the line at which to continue.
//
//     static enum co_state count(struct coroutine *co)
//     {
//         CO_FRAME(struct count, c, co);
//         CO_BEGIN(co);
//         for (c->i = 0; c->i < c->n; c->i++)
//             CO_YIELD(co, (void *)c->i);
//     leave:
//         CO_END(co, NULL);
//     }
//
// The method is a switch over __LINE__ (Tom Duff 1983, Simon Tatham 2000). Its
// limits: local variables do not survive a stop; one stop a line; no switch of
// your own around a stop. A coroutine that is closed continues at `leave`.

#ifndef COROUTINE_H
#define COROUTINE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

enum co_state { CO_YIELDED, CO_DELEGATED, CO_RETURNED };
struct coroutine;
typedef enum co_state co_body(struct coroutine *co);

struct coroutine {
    co_body *body;
    int line; // where to continue; 0: the beginning, -1: it has returned
    bool closing; // in the root only
    struct coroutine *outer; // the coroutine that delegated to this one
    struct coroutine *root; // the outermost
    struct coroutine *leaf; // the innermost, to be resumed; in the root only
    void *value; // yielded, sent or returned; in the root only
};

// Declares `name`, the frame. Its first member and the parameter must be `co`.
#define CO_FRAME(type, name, co) \
    static_assert(offsetof(type, co) == 0, "`co` must come first"); \
    type *name = (type *)(co)

#define CO_BEGIN(co) \
    switch ((co)->line) { \
    case 0: co_check(co)

// Stops, and passes `v` to the caller of co_send(). After the next co_send(),
// CO_VALUE(co) is the value that was sent.
#define CO_YIELD(co, v) \
    do { \
        (co)->root->value = (v); \
        CO_STOP(co, CO_YIELDED); \
    } while (0)

// Delegates, as Python's `yield from`: another coroutine yields and receives in
// our place until it returns. CO_VALUE(co) is then its result.
#define CO_FROM(co, inner, inner_body) \
    do { \
        *(inner) = (struct coroutine){ .body = (inner_body), .outer = (co) }; \
        (inner)->root = (co)->root; \
        (co)->root->leaf = (inner); \
        CO_STOP(co, CO_DELEGATED); \
    } while (0)

#define CO_STOP(co, state) \
    (co)->line = __LINE__; \
    return state; \
    case __LINE__: \
        if ((co)->root->closing) \
        goto leave

#define CO_VALUE(co) ((co)->root->value)
// Returns `v`; the coroutine has ended.
#define CO_END(co, v) \
    ; \
    } \
    (co)->line = -1; \
    (co)->root->value = (v); \
    return CO_RETURNED

static inline void co_check(const struct coroutine *co)
{
    assert(co->root != NULL && "begin with co_start() or CO_FROM()");
}

static inline void co_start(struct coroutine *co, co_body *body)
{
    *co = (struct coroutine){ .body = body, .root = co, .leaf = co };
}

// Resumes the innermost coroutine directly, at any depth. Returns true when it
// has yielded, false when the outermost has returned; root->value is the value.
static inline bool co_send(struct coroutine *root, void *value)
{
    enum co_state state;

    assert(root->line != -1 && "it has returned");
    root->value = value;
    while ((state = root->leaf->body(root->leaf)) != CO_YIELDED) {
        if (state == CO_RETURNED && root->line == -1)
            return false;
        if (state == CO_RETURNED)
            root->leaf = root->leaf->outer;
    }
    assert(!root->closing && "it stopped while it was being closed");
    return true;
}

// All frames continue at `leave`, the innermost first, and must not stop again.
static inline void co_close(struct coroutine *root)
{
    root->closing = true;
    if (root->line > 0)
        co_send(root, NULL);
    root->line = -1;
}

#endif
