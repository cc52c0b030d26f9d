// crawl.c - fetches every page that can be reached.

#include "clock.h"
#include "fetch.h"
#include "frontier.h"
#include "interrupt.h"
#include "program.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

struct worker {
    struct page *page; // NULL: idle
    struct fetch f;
    struct span span;
    double retry_at;
};

static struct options options;
static struct frontier frontier;

static struct page *next_page(void)
{
    return frontier_next(&frontier);
}

// Continues the fetch; at its end, the frontier may want another try.
static void continue_fetch(struct worker *w)
{
    int error = fetch(&w->f);
    if (error == -EAGAIN)
        return;
    int pause = frontier_done(&frontier, w->page, error, &w->f.response);
    w->retry_at = clock_now() + pause * 1e-3;
    if (pause == 0)
        w->page = NULL;
}

static void start_visit(struct worker *w, struct page *page, int number)
{
    *w = (struct worker){ .page = page };
    w->span = (struct span){ .task = number };
    w->f = (struct fetch){
        .url = &page->url,
        .try = page->tries,
        .timeout = options.timeout,
        .max_body = options.max_body,
        .span = &w->span,
    };
    continue_fetch(w);
}

// Continues a worker whose socket is ready or whose time has come.
static void continue_worker(struct worker *w, int number, short revents)
{
    double now = clock_now();

    if (fetch_is_due(&w->f, revents, now))
        continue_fetch(w);
    else if (w->page != NULL && !w->f.state && interrupted())
        w->page = NULL;
    else if (w->page != NULL && !w->f.state && now >= w->retry_at)
        start_visit(w, w->page, number);
}

static void work(void)
{
    int n = options.max_tasks;
    struct worker *workers = calloc((size_t)n, sizeof(*workers));
    struct pollfd *polls = calloc((size_t)n + 1, sizeof(*polls));
    int busy = workers != NULL && polls != NULL ? n : 0;

    if (busy == 0)
        fprintf(stderr, "crawl: no memory for %d tasks\n", n);
    while (busy > 0) { // if Ctrl-C comes after interrupt_fd(), poll() returns
        trace_polled(polls, n + 1);
        polls[n] = (struct pollfd){ .fd = interrupt_fd(), .events = POLLIN };
        double deadline = CLOCK_NEVER;
        busy = 0;
        for (int i = 0; i < n; i++)
            continue_worker(&workers[i], i, polls[i].revents);
        for (int i = 0; i < n; i++) {
            struct worker *w = &workers[i];
            struct page *page;
            while (w->page == NULL && (page = next_page()) != NULL)
                start_visit(w, page, i);
            polls[i] = (struct pollfd){ .fd = w->f.state ? w->f.fd : -1 };
            polls[i].events = w->f.state == FETCH_RECEIVING ? POLLIN : POLLOUT;
            if (w->page == NULL)
                continue;
            busy++;
            double when = w->f.state ? w->f.deadline : w->retry_at;
            if (when < deadline)
                deadline = when;
        }
        if (busy > 0 && poll(polls, (nfds_t)n + 1, clock_ms_until(deadline)) < 0
            && errno != EINTR && errno != EAGAIN)
            break; // the report names the pages without a result
    }
    free(workers);
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
