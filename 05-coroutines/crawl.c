// crawl.c - fetches every page that can be reached.

#include "errors.h"
#include "fetch.h"
#include "frontier.h"
#include "interrupt.h"
#include "program.h"

#include <errno.h>
#include <stdlib.h>

struct visit {
    struct coroutine co;
    struct page *page;
    struct fetch f;
    struct span span;
};

struct worker {
    struct coroutine co;
    struct visit visit;
    int pause;
    struct task task;
};

static struct options options;
static struct frontier frontier;
static struct future changed; // for workers without a page

static struct page *next_page(void)
{
    return frontier_next(&frontier);
}

// Fetches a page and reports to the frontier. Returns the milliseconds to wait
// before the next try, or 0 if the page is finished.
static enum co_state visit(struct coroutine *co)
{
    CO_FRAME(struct visit, v, co);
    int pause = 0;

    CO_BEGIN(co);
    v->span = (struct span){ .task = v->span.task };
    v->f = (struct fetch){
        .url = &v->page->url,
        .try = v->page->tries,
        .timeout = options.timeout,
        .max_body = options.max_body,
        .span = &v->span,
    };
    CO_FROM(co, &v->f.co, fetch);
    pause = frontier_done(&frontier, v->page, AWAITED(co), &v->f.response);
    future_wake(&changed, 0);
leave:
    http_response_free(&v->f.response);
    TASK_END(co, pause);
}

static enum co_state worker(struct coroutine *co)
{
    CO_FRAME(struct worker, w, co);

    CO_BEGIN(co);
    while (!frontier_finished(&frontier)) {
        w->visit.page = next_page();
        if (w->visit.page == NULL) {
            AWAIT(co, &changed);
            continue;
        }
        do {
            CO_FROM(co, &w->visit.co, visit);
            w->pause = AWAITED(co);
            if (w->pause > 0)
                AWAIT(co, task_pause(w->pause * 1e-3));
        } while (w->pause > 0 && !interrupted());
    }
leave:
    future_wake(&changed, 0); // after Ctrl-C, perhaps the last one
    TASK_END(co, 0);
}

static void work(void)
{
    int n = options.max_tasks;
    struct worker *workers = calloc((size_t)n, sizeof(*workers));
    int error = workers != NULL ? loop_init(options.selector) : -ENOMEM;

    for (int i = 0; i < n && error == 0; i++) {
        workers[i].visit.span.task = i;
        task_start(&workers[i].task, &workers[i], worker, "worker");
    }
    if (error == 0)
        error = loop_run();
    if (error != 0)
        fprintf(stderr, "crawl: no event loop: %s\n", error_text(error));
    loop_free();
    free(workers);
}

int main(int argc, char **argv)
{
    int code = program_begin_crawl(&frontier, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    work();
    return program_end_crawl(&frontier, &options);
}
