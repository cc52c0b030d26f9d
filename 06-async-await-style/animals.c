// animals.c - asks the animals for their sounds, and types the answers.

#include "errors.h"
#include "fetch.h"
#include "herd.h"
#include "program.h"
#include "radprint.h"

static struct options options;
static struct herd herd;
static struct lock screen;

static struct animal *next_animal(void)
{
    return herd_next(&herd);
}

static async_int type(struct animal *animal)
{
    int pause;

    span_screen_asked(&animal->span);
    int error = await(lock_take(&screen));
    if (error != 0)
        return (async_int){ error };
    span_typing(&animal->span);
    while ((pause = radprint_step(&animal->line)) > 0)
        await(task_pause(pause * 1e-3));
    span_typed(&animal->span);
    lock_give(&screen);
    return (async_int){ 0 };
}

static async_int speak(void *arg)
{
    struct animal *animal = arg;
    struct fetch f = {
        .url = animal->url,
        .timeout = options.timeout,
        .max_body = HERD_MAX_SOUND,
        .span = &animal->span,
    };

    int error = await(fetch(&f));
    if (herd_answer(&herd, animal, error, &f.response))
        await(type(animal));
    return (async_int){ 0 };
}

static async_int work(void *unused)
{
    struct group speakers = { .independent = true };
    struct animal *animal;

    (void)unused;
    while (await(group_room(&speakers, options.max_tasks)) == 0
        && (animal = next_animal()) != NULL)
        spawn(&speakers, speak, animal, animal->name);
    return (async_int){ await(group_wait(&speakers)) };
}

int main(int argc, char **argv)
{
    int code = program_begin_animals(&herd, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    int error = async_run(options.selector, work, NULL);
    if (error != 0)
        fprintf(stderr, "animals: %s\n", error_text(error));
    return program_end_animals(&herd, &options);
}
