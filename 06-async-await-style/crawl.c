// crawl.c - fetches every page that can be reached.

#include "errors.h"
#include "fetch.h"
#include "frontier.h"
#include "interrupt.h"
#include "program.h"

static struct options options;
static struct frontier frontier;
static struct condition changed;

// The frontier needs no lock: no other task runs until we await.
static async_int next_page(struct page **page)
{
    int error = 0;

    while (error == 0 && (*page = frontier_next(&frontier)) == NULL
        && !frontier_finished(&frontier))
        error = await(condition_wait(&changed));
    return (async_int){ error };
}

// Fetches a page and reports to the frontier. Returns the milliseconds to wait
// before the next try, or 0 if the page is finished.
static async_int visit(struct page *page)
{
    struct span span = { .task = trace_task() };
    struct fetch f = {
        .url = &page->url,
        .try = page->tries,
        .timeout = options.timeout,
        .max_body = options.max_body,
        .span = &span,
    };

    int error = await(fetch(&f));
    int pause = frontier_done(&frontier, page, error, &f.response);
    condition_broadcast(&changed);
    return (async_int){ pause };
}

static async_int worker(void *arg)
{
    struct page *page = arg;
    int pause;

    do {
        pause = await(visit(page));
        if (pause > 0)
            await(task_pause(pause * 1e-3));
    } while (pause > 0 && !interrupted());
    condition_broadcast(&changed); // after Ctrl-C, perhaps the last one
    return (async_int){ 0 };
}

// Each page gets a worker of its own.
static async_int work(void *unused)
{
    struct group workers = { .independent = true };
    struct page *page;

    (void)unused;
    while (await(group_room(&workers, options.max_tasks)) == 0
        && await(next_page(&page)) == 0 && page != NULL)
        spawn(&workers, worker, page, page->url.text);
    return (async_int){ await(group_wait(&workers)) };
}

int main(int argc, char **argv)
{
    int code = program_begin_crawl(&frontier, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    int error = async_run(options.selector, work, NULL);
    if (error != 0)
        fprintf(stderr, "crawl: %s\n", error_text(error));
    return program_end_crawl(&frontier, &options);
}
