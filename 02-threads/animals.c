// animals.c - asks the animals for their sounds, and types the answers.

#include "fetch.h"
#include "herd.h"
#include "interrupt.h"
#include "program.h"
#include "radprint.h"

#include <pthread.h>
#include <stdlib.h>

static struct options options;
static struct herd herd;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // for herd_next()
static pthread_mutex_t screen = PTHREAD_MUTEX_INITIALIZER;

static struct animal *next_animal(void)
{
    pthread_mutex_lock(&lock);
    struct animal *animal = herd_next(&herd);
    pthread_mutex_unlock(&lock);
    return animal;
}

static void type(struct animal *animal)
{
    int pause;

    span_screen_asked(&animal->span);
    pthread_mutex_lock(&screen);
    span_typing(&animal->span);
    while ((pause = radprint_step(&animal->line)) > 0)
        interrupt_sleep(pause);
    span_typed(&animal->span);
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
    if (herd_answer(&herd, animal, error, &f.response))
        type(animal);
}

static void *worker(void *unused)
{
    struct animal *animal;

    timing_threads(1);
    while ((animal = next_animal()) != NULL)
        speak(animal);
    timing_threads(-1);
    return unused;
}

static void work(void)
{
    int n = herd.count < options.max_tasks ? herd.count : options.max_tasks;
    pthread_t *threads = calloc((size_t)n, sizeof(*threads));
    int started = 0;

    while (threads != NULL && started < n
        && pthread_create(&threads[started], NULL, worker, NULL) == 0)
        started++;
    if (started < n)
        fprintf(stderr, "animals: %d threads instead of %d\n", started, n);
    if (started == 0)
        worker(NULL);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

int main(int argc, char **argv)
{
    int code = program_begin_animals(&herd, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    work();
    return program_end_animals(&herd, &options);
}
