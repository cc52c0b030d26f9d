// crawl.c - fetches every page that can be reached.

#include "errors.h"
#include "fetch.h"
#include "frontier.h"
#include "interrupt.h"
#include "program.h"

#include <errno.h>
#include <stdlib.h>

struct worker {
    struct page *page;
    struct fetch f;
    struct span span;
    struct loop_call next_try;
    struct worker *next_idle;
};

static struct options options;
static struct frontier frontier;
static struct worker *idle; // the first worker without a page

static void start_visit(void *arg);
static void hand_out_pages(void);

static struct page *next_page(void)
{
    return frontier_next(&frontier);
}

// The fetch is over: the frontier may want another try.
static void on_fetched(void *arg)
{
    struct worker *w = arg;
    int pause = frontier_done(&frontier, w->page, w->f.error, &w->f.response);
    if (pause > 0) {
        loop_pause(&w->next_try, pause * 1e-3, start_visit, w);
        return;
    }
    w->next_idle = idle;
    idle = w;
    hand_out_pages();
}

static void start_visit(void *arg)
{
    struct worker *w = arg;
    if (interrupted())
        return;
    w->span = (struct span){ .task = w->span.task };
    w->f = (struct fetch){
        .url = &w->page->url,
        .try = w->page->tries,
        .timeout = options.timeout,
        .max_body = options.max_body,
        .span = &w->span,
        .done = on_fetched,
        .arg = w,
    };
    fetch(&w->f);
}

static void hand_out_pages(void)
{
    struct page *page;

    while (idle != NULL && (page = next_page()) != NULL) {
        struct worker *w = idle;
        idle = w->next_idle;
        w->page = page;
        start_visit(w);
    }
}

static void work(void)
{
    int n = options.max_tasks;
    struct worker *workers = calloc((size_t)n, sizeof(*workers));
    int error = workers != NULL ? loop_init(options.selector) : -ENOMEM;

    for (int i = n - 1; i >= 0 && error == 0; i--) {
        workers[i].span.task = i;
        workers[i].next_idle = idle;
        idle = &workers[i];
    }
    hand_out_pages();
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
