// crawl.c - the program `crawl` of the stages, on libcurl: fetches every
// reachable page once.

#include "errors.h"
#include "frontier.h"
#include "program.h"
#include "transfer.h"

static struct options options;
static struct frontier frontier;

static bool visit(struct transfer *t)
{
    struct page *page = frontier_next(&frontier);

    if (page == NULL)
        return false;
    t->url = &page->url;
    t->max_body = options.max_body;
    t->data = page;
    return true;
}

static int on_done(struct transfer *t)
{
    return frontier_done(&frontier, t->data, t->error, &t->response);
}

static void work(void)
{
    const struct client client = { visit, on_done };
    int error = transfers_run(&client, &options, options.max_tasks);

    if (error != 0)
        fprintf(stderr, "crawl: libcurl: %s\n", error_text(error));
}

int main(int argc, char **argv)
{
    int code = program_begin_crawl(&frontier, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    work();
    return program_end_crawl(&frontier, &options);
}
