// crawl.c - fetches every page that can be reached, once each.

#include "errors.h"
#include "fetch.h"
#include "frontier.h"
#include "interrupt.h"
#include "loop.h"
#include "program.h"

#include <errno.h>
#include <stdlib.h>

struct task {
    struct page *page;
    struct fetch f;
    struct span span;
    struct loop_call next_try;
    struct task *behind; // the next one that has nothing to do
};

static struct options options;
static struct frontier frontier;
static struct task *idle; // the first of those that have nothing to do

static void visit(void *task);
static void start(void);

static struct page *next_page(void)
{
    return frontier_next(&frontier);
}

// The fetch is over: tells the frontier, which knows whether another try is
// due.
static void hear(void *task)
{
    struct task *t = task;
    int pause = frontier_done(&frontier, t->page, t->f.error, &t->f.response);
    if (pause > 0) {
        loop_pause(&t->next_try, pause * 1e-3, visit, t);
        return;
    }
    t->behind = idle;
    idle = t;
    start();
}

// Begins to fetch a page.
static void visit(void *task)
{
    struct task *t = task;
    if (interrupted())
        return;
    t->span = (struct span){ .task = t->span.task };
    t->f = (struct fetch){
        .url = &t->page->url,
        .try = t->page->tries,
        .timeout = options.timeout,
        .max_body = options.max_body,
        .span = &t->span,
        .done = hear,
        .arg = t,
    };
    fetch(&t->f);
}

// Gives pages to those that have nothing to do.
static void start(void)
{
    struct page *page;

    while (idle != NULL && (page = next_page()) != NULL) {
        struct task *t = idle;
        idle = t->behind;
        t->page = page;
        visit(t);
    }
}

static void work(void)
{
    int n = options.max_tasks;
    struct task *tasks = calloc((size_t)n, sizeof(*tasks));
    int error = tasks != NULL ? loop_init(options.selector) : -ENOMEM;

    for (int i = n - 1; i >= 0 && error == 0; i--) {
        tasks[i].span.task = i;
        tasks[i].behind = idle;
        idle = &tasks[i];
    }
    start();
    if (error == 0)
        error = loop_run();
    if (error != 0)
        fprintf(stderr, "crawl: no event loop: %s\n", error_text(error));
    loop_free();
    free(tasks);
}

int main(int argc, char **argv)
{
    int code = program_begin_crawl(&frontier, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    work();
    return program_end_crawl(&frontier, &options);
}
