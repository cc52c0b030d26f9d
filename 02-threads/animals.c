// animals.c - asks the animals what they say, and types their answers.

#include "fetch.h"
#include "herd.h"
#include "interrupt.h"
#include "program.h"
#include "radprint.h"
#include "trace.h"

#include <pthread.h>
#include <stdlib.h>

static struct options options;
static struct herd herd; // its next animal: under queue
static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t screen = PTHREAD_MUTEX_INITIALIZER;

static void type(struct animal *animal, const char *text)
{
    struct radprint line;
    int pause;

    span_screen_asked(&animal->span);
    trace(TRACE_WAIT_LOCK, TRACE_THIS, 0);
    pthread_mutex_lock(&screen);
    trace(TRACE_LOCK, TRACE_THIS, 0);
    span_typing(&animal->span);
    radprint_start(&line, text, options.typing);
    while ((pause = radprint_step(&line)) > 0)
        interrupt_sleep(pause);
    span_typed(&animal->span);
    trace(TRACE_UNLOCK, TRACE_THIS, 0);
    pthread_mutex_unlock(&screen);
}

static void speak(struct animal *animal)
{
    struct fetch f = {
        .url = animal->url,
        .timeout = options.timeout,
        .max_body = HERD_MAX_SOUND,
        .span = &animal->span,
    };

    int error = fetch(&f);
    char *text = herd_answer(&herd, animal, error, &f.response);
    http_response_free(&f.response);
    if (text != NULL)
        type(animal, text);
    free(text);
    trace(TRACE_DONE, TRACE_THIS, 0);
}

static struct animal *next_animal(void)
{
    pthread_mutex_lock(&queue);
    struct animal *animal = interrupted() ? NULL : herd_next(&herd);
    pthread_mutex_unlock(&queue);
    return animal;
}

static void *work(void *unused)
{
    struct animal *animal;

    timing_threads(1);
    while ((animal = next_animal()) != NULL)
        speak(animal);
    timing_threads(-1);
    return unused;
}

// As many threads as there are animals, or as we may have.
static void work_together(void)
{
    int n = herd.count < options.max_tasks ? herd.count : options.max_tasks;
    pthread_t *threads = calloc((size_t)n, sizeof(*threads));
    int started = 0;

    while (threads != NULL && started < n
        && pthread_create(&threads[started], NULL, work, NULL) == 0)
        started++;
    if (started < n)
        fprintf(stderr, "animals: %d threads instead of %d\n", started, n);
    if (started == 0)
        work(NULL);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

int main(int argc, char **argv)
{
    int code = program_begin_animals(&herd, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    work_together();
    return program_end_animals(&herd, &options);
}
