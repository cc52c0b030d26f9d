// crawl.c - fetches every page that can be reached, once each.

#include "clock.h"
#include "fetch.h"
#include "frontier.h"
#include "interrupt.h"
#include "program.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>

struct task {
    struct page *page; // NULL: this task has nothing to do
    struct fetch f;
    struct span span;
    bool fetching;
    double next_try; // when it is due, if not fetching
};

static struct options options;
static struct frontier frontier;

static struct page *next_page(void)
{
    return frontier_next(&frontier);
}

// Goes on with the fetch. When it is over, tells the frontier, which knows
// whether another try is due.
static void hear(struct task *t)
{
    trace(TRACE_RUN, t->span.task, 0);
    int error = fetch(&t->f);
    if (error == -EAGAIN)
        return;
    t->fetching = false;
    int pause = frontier_done(&frontier, t->page, error, &t->f.response);
    t->next_try = clock_now() + pause * 1e-3;
    if (pause == 0)
        t->page = NULL;
}

// Begins to fetch a page.
static void visit(struct task *t, struct page *page, int number)
{
    *t = (struct task){ .page = page, .fetching = true };
    t->span = (struct span){ .task = number };
    t->f = (struct fetch){
        .url = &page->url,
        .try = page->tries,
        .timeout = options.timeout,
        .max_body = options.max_body,
        .span = &t->span,
    };
    hear(t);
}

// Goes on with a task if its socket is ready or its time has come.
static void go_on(struct task *t, int number, bool ready)
{
    double now = clock_now();

    if (t->fetching && (ready || now >= t->f.deadline))
        hear(t);
    else if (t->page != NULL && !t->fetching && interrupted())
        t->page = NULL;
    else if (t->page != NULL && !t->fetching && now >= t->next_try)
        visit(t, t->page, number);
}

static void work(void)
{
    int n = options.max_tasks;
    struct task *tasks = calloc((size_t)n, sizeof(*tasks));
    struct pollfd *polls = calloc((size_t)n + 1, sizeof(*polls));
    int busy = tasks != NULL && polls != NULL ? n : 0;

    if (busy == 0)
        fprintf(stderr, "crawl: no memory for %d tasks\n", n);
    while (busy > 0) {
        double deadline = CLOCK_NEVER;
        busy = 0;
        for (int i = 0; i < n; i++)
            go_on(&tasks[i], i, polls[i].revents != 0);
        for (int i = 0; i < n; i++) {
            struct task *t = &tasks[i];
            struct page *page;
            while (t->page == NULL && (page = next_page()) != NULL)
                visit(t, page, i);
            polls[i].fd = t->fetching ? t->f.fd : -1; // -1: poll() skips it
            polls[i].events = t->f.state == FETCH_RECEIVING ? POLLIN : POLLOUT;
            if (t->page == NULL)
                continue;
            busy++;
            deadline =
                fmin(deadline, t->fetching ? t->f.deadline : t->next_try);
        }
        polls[n] = (struct pollfd){ interrupt_fd(), POLLIN, 0 };
        if (busy > 0)
            poll(polls, (nfds_t)n + 1, clock_ms_until(deadline));
    }
    free(tasks);
    free(polls);
}

int main(int argc, char **argv)
{
    int code = program_begin_crawl(&frontier, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    work();
    return program_end_crawl(&frontier, &options);
}
