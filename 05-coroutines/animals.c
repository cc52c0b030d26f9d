// animals.c - asks the animals for their sounds, and types the answers.

#include "errors.h"
#include "fetch.h"
#include "herd.h"
#include "program.h"
#include "radprint.h"

#include <errno.h>
#include <stdlib.h>

struct typing {
    struct coroutine co;
    struct animal *animal;
};

struct speaker {
    struct coroutine co;
    struct animal *animal;
    struct fetch f;
    struct typing typing;
    struct task task;
};

static struct options options;
static struct herd herd;
static struct lock screen;

static struct animal *next_animal(void)
{
    return herd_next(&herd);
}

static enum co_state type(struct coroutine *co)
{
    CO_FRAME(struct typing, t, co);
    int pause;

    CO_BEGIN(co);
    span_screen_asked(&t->animal->span);
    AWAIT(co, lock_take(&screen));
    span_typing(&t->animal->span);
    while ((pause = radprint_step(&t->animal->line)) > 0)
        AWAIT(co, task_pause(pause * 1e-3));
    span_typed(&t->animal->span);
leave:
    lock_give(&screen);
    TASK_END(co, 0);
}

static enum co_state speak(struct coroutine *co)
{
    CO_FRAME(struct speaker, s, co);

    CO_BEGIN(co);
    while ((s->animal = next_animal()) != NULL) {
        s->f = (struct fetch){
            .url = s->animal->url,
            .timeout = options.timeout,
            .max_body = HERD_MAX_SOUND,
            .span = &s->animal->span,
        };
        CO_FROM(co, &s->f.co, fetch);
        if (!herd_answer(&herd, s->animal, AWAITED(co), &s->f.response))
            continue;
        s->typing.animal = s->animal;
        CO_FROM(co, &s->typing.co, type);
    }
leave:
    http_response_free(&s->f.response);
    TASK_END(co, 0);
}

static void work(void)
{
    int n = herd.count < options.max_tasks ? herd.count : options.max_tasks;
    struct speaker *speakers = calloc((size_t)n, sizeof(*speakers));
    int error = speakers != NULL ? loop_init(options.selector) : -ENOMEM;

    for (int i = 0; i < n && error == 0; i++)
        task_start(&speakers[i].task, &speakers[i], speak, "speak");
    if (error == 0)
        error = loop_run();
    if (error != 0)
        fprintf(stderr, "animals: no event loop: %s\n", error_text(error));
    loop_free();
    free(speakers);
}

int main(int argc, char **argv)
{
    int code = program_begin_animals(&herd, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    work();
    return program_end_animals(&herd, &options);
}
