// gather.c - looks again each time that one of the tasks has ended.

#include "gather.h"

static void cancel_all(struct gather *g)
{
    for (int i = 0; i < g->n; i++)
        task_cancel(g->tasks[i]);
}

// Looks at what has ended, in whatever order. Returns how many have not.
static int count_running(struct gather *g)
{
    int count = 0;

    for (int i = 0; i < g->n; i++) {
        int result = g->tasks[i]->end.result;
        bool decides = g->race ? result >= 0 : result < 0;
        if (!g->tasks[i]->end.done) {
            count++;
        } else if (decides && !g->decided) {
            g->decided = true;
            g->result = result;
            cancel_all(g);
        } else if (result < 0 && g->result == 0 && !g->decided) {
            g->result = result; // of a race, in case that no task wins it
        }
    }
    return count;
}

static enum co_state wait_for_all(struct coroutine *co)
{
    struct gather *g = (struct gather *)co;

    CO_BEGIN(co);
    while (count_running(g) > 0)
        AWAIT(co, &g->changed);
close:
    cancel_all(g); // those that have ended do not mind
    TASK_END(co, g->result);
}

static struct future *start_gather(struct gather *g)
{
    for (int i = 0; i < g->n; i++) {
        g->tasks[i]->joined = true;
        g->tasks[i]->gathered = &g->changed;
    }
    task_start(&g->task, &g->co, wait_for_all, "gather");
    return task_join(&g->task);
}

struct future *gather(struct gather *gather, struct task **tasks, int n)
{
    *gather = (struct gather){ .tasks = tasks, .n = n };
    return start_gather(gather);
}

struct future *first_of(struct gather *gather, struct task **tasks, int n)
{
    *gather = (struct gather){ .tasks = tasks, .n = n, .race = true };
    return start_gather(gather);
}
