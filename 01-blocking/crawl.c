// crawl.c - fetches every page that can be reached.

#include "fetch.h"
#include "frontier.h"
#include "interrupt.h"
#include "program.h"

static struct options options;
static struct frontier frontier;

static struct page *next_page(void)
{
    return frontier_next(&frontier);
}

// Fetches a page and reports to the frontier. Returns the milliseconds to wait
// before the next try, or 0 if the page is finished.
static int visit(struct page *page)
{
    struct span span = { .task = trace_thread() };
    struct fetch f = {
        .url = &page->url,
        .try = page->tries,
        .timeout = options.timeout,
        .max_body = options.max_body,
        .span = &span,
    };

    int error = fetch(&f);
    return frontier_done(&frontier, page, error, &f.response);
}

static void work(void)
{
    struct page *page;
    int pause;

    while ((page = next_page()) != NULL) {
        do {
            pause = visit(page);
            interrupt_sleep(pause);
        } while (pause > 0 && !interrupted());
    }
}

int main(int argc, char **argv)
{
    int code = program_begin_crawl(&frontier, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    work();
    return program_end_crawl(&frontier, &options);
}
