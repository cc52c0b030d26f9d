// coroutine.h - functions that stop in the middle and go on later: generators
// in ISO C11. What must survive a stop lives in a struct, the frame, that
// begins with a struct coroutine; where to go on is a line number in it.
//
//     static enum co_state count(struct coroutine *co)
//     {
//         struct count *c = (struct count *)co;
//         CO_BEGIN(co);
//         for (c->i = 0; c->i < c->n; c->i++)
//             CO_YIELD(co, (void *)c->i);
//     close:
//         CO_END(co, NULL);
//     }
//
// A switch over __LINE__ (Tom Duff 1983, Simon Tatham 2000). Its limits: locals
// do not survive a stop; one stop a line; no switch of your own around a stop.
// After co_close() it goes on at the label `close`, and must not stop any more.

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
    int line; // where to go on: 0 at the beginning, -1 nowhere
    struct coroutine *outer; // which one delegated to this one
    struct coroutine *root; // the outermost; these three are the root's alone:
    struct coroutine *leaf; // the innermost, which is the one to go on
    void *value; // what passes in and out: yielded, sent or returned
    bool closing;
};

#define CO_BEGIN(co) \
    switch ((co)->line) { \
    case 0:

// Stops, and hands `v` to whoever resumes. CO_VALUE(co) is then what was sent.
#define CO_YIELD(co, v) \
    do { \
        (co)->root->value = (v); \
        CO_STOP(co, CO_YIELDED); \
    } while (0)

// `yield from`: starts another one, and whoever resumes us talks to it until it
// returns. CO_VALUE(co) is then what it returned.
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
        goto close

#define CO_VALUE(co) ((co)->root->value)
// Returns `v`, and is at its end.
#define CO_END(co, v) \
    ; \
    } \
    (co)->line = -1; \
    (co)->root->value = (v); \
    return CO_RETURNED

static inline void co_start(struct coroutine *co, co_body *body)
{
    *co = (struct coroutine){ .body = body, .root = co, .leaf = co };
}

// Resumes the innermost coroutine directly, however deep. Returns whether it
// yielded (a value) or the outermost one has returned (one, too).
static inline bool co_send(struct coroutine *root, void *value)
{
    enum co_state state;

    assert(root->line != -1); // it has returned
    root->value = value;
    while ((state = root->leaf->body(root->leaf)) != CO_YIELDED) {
        if (state == CO_RETURNED && root->line == -1)
            return false;
        if (state == CO_RETURNED)
            root->leaf = root->leaf->outer;
    }
    assert(!root->closing); // it stopped while cleaning up
    return true;
}

// Ends it where it is: the cleanup of all its frames runs, innermost first.
static inline void co_close(struct coroutine *root)
{
    root->closing = true;
    if (root->line > 0)
        co_send(root, NULL);
    root->line = -1;
}

#endif
