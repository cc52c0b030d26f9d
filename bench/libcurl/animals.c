// animals.c - the program `animals` of the stages, on libcurl: asks the animals
// and types the answers. All transfers wait while an answer is being typed.

#include "errors.h"
#include "herd.h"
#include "interrupt.h"
#include "program.h"
#include "radprint.h"
#include "transfer.h"

static struct options options;
static struct herd herd;

static bool ask(struct transfer *t)
{
    struct animal *animal = herd_next(&herd);

    if (animal == NULL)
        return false;
    t->url = animal->url;
    t->max_body = HERD_MAX_SOUND;
    t->data = animal;
    t->span.task = animal->span.task;
    return true;
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

static int on_done(struct transfer *t)
{
    struct animal *animal = t->data;

    animal->span = t->span;
    if (herd_answer(&herd, animal, t->error, &t->response))
        type(animal);
    return 0;
}

static void work(void)
{
    const struct client client = { ask, on_done };
    int n = herd.count < options.max_tasks ? herd.count : options.max_tasks;
    int error = transfers_run(&client, &options, n);

    if (error != 0)
        fprintf(stderr, "animals: libcurl: %s\n", error_text(error));
}

int main(int argc, char **argv)
{
    int code = program_begin_animals(&herd, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    work();
    return program_end_animals(&herd, &options);
}
