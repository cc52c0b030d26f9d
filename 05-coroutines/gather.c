// gather.c - counts the tasks that end, and decides by their results.

#include "gather.h"

#include <errno.h>

static void decide(struct gather *g, int result)
{
    if (g->decided)
        return;
    g->decided = true;
    g->result = result;
    for (int i = 0; i < g->n; i++)
        task_cancel(g->tasks[i]);
}

// Called by each task at its end. Runs no other task, but may wake some.
static void on_end(void *arg, int result)
{
    struct gather *g = arg;

    if (g->race ? result >= 0 : result < 0)
        decide(g, result);
    else if (result < 0 && g->result == 0 && !g->decided)
        g->result = result; // only in a race: the result if no task wins
    if (--g->count == 0)
        future_set(&g->end, g->result);
}

static struct future *start(struct gather *g)
{
    g->count = g->n + 1; // one more, so that the loop below cannot set the end
    for (int i = 0; i < g->n; i++) {
        struct future *end = task_join(g->tasks[i]);
        if (end->done) {
            on_end(g, end->result);
        } else {
            g->tasks[i]->on_end = on_end;
            g->tasks[i]->on_end_arg = g;
        }
    }
    if (--g->count == 0)
        future_set(&g->end, g->result);
    return &g->end;
}

struct future *gather(struct gather *gather, struct task **tasks, int n)
{
    *gather = (struct gather){ .tasks = tasks, .n = n };
    return start(gather);
}

struct future *first_of(struct gather *gather, struct task **tasks, int n)
{
    *gather = (struct gather){ .tasks = tasks, .n = n, .race = true };
    return start(gather);
}

void gather_cancel(struct gather *gather)
{
    decide(gather, -ECANCELED);
}
