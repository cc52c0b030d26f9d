// crawl.c - fetches every page that can be reached.

#include "fetch.h"
#include "frontier.h"
#include "interrupt.h"
#include "program.h"

#include <pthread.h>
#include <stdlib.h>

static struct options options;
static struct frontier frontier;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // for frontier
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static struct page *next_page(void)
{
    struct page *page;

    pthread_mutex_lock(&lock);
    // pthread_cond_wait() unlocks and starts waiting in one step, so a page
    // added after our check cannot be missed. We check again in a loop, because
    // another worker may have taken the page.
    while ((page = frontier_next(&frontier)) == NULL
        && !frontier_finished(&frontier))
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return page;
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
    pthread_mutex_lock(&lock);
    int pause = frontier_done(&frontier, page, error, &f.response);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return pause;
}

static void *worker(void *unused)
{
    struct page *page;
    int pause;

    timing_threads(1);
    while ((page = next_page()) != NULL) {
        do {
            pause = visit(page);
            interrupt_sleep(pause);
        } while (pause > 0 && !interrupted());
    }
    // After Ctrl-C, perhaps nothing else wakes the others. This needs no lock:
    // next_page() saw the end while it held the lock, so each of the others is
    // waiting already, or will see the end itself.
    pthread_cond_broadcast(&changed);
    timing_threads(-1);
    return unused;
}

static void work(void)
{
    int n = options.max_tasks;
    pthread_t *threads = calloc((size_t)n, sizeof(*threads));
    int started = 0;

    while (threads != NULL && started < n
        && pthread_create(&threads[started], NULL, worker, NULL) == 0)
        started++;
    if (started < n)
        fprintf(stderr, "crawl: %d threads instead of %d\n", started, n);
    if (started == 0)
        worker(NULL);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

int main(int argc, char **argv)
{
    int code = program_begin_crawl(&frontier, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    work();
    return program_end_crawl(&frontier, &options);
}
