// animals.c - asks the animals for their sounds, and types the answers.

#include "fetch.h"
#include "herd.h"
#include "interrupt.h"
#include "program.h"
#include "radprint.h"

static struct options options;
static struct herd herd;

static struct animal *next_animal(void)
{
    return herd_next(&herd);
}

static void type(struct animal *animal)
{
    int pause;

    span_screen_asked(&animal->span);
    span_typing(&animal->span);
    while ((pause = radprint_step(&animal->line)) > 0)
        interrupt_sleep(pause);
    span_typed(&animal->span);
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

static void work(void)
{
    struct animal *animal;

    while ((animal = next_animal()) != NULL)
        speak(animal);
}

int main(int argc, char **argv)
{
    int code = program_begin_animals(&herd, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    work();
    return program_end_animals(&herd, &options);
}
