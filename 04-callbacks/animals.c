// animals.c - asks the animals what they say, and types their answers.

#include "errors.h"
#include "fetch.h"
#include "herd.h"
#include "interrupt.h"
#include "loop.h"
#include "program.h"
#include "radprint.h"

#include <errno.h>
#include <stdlib.h>

struct task {
    struct animal *animal; // NULL: this task has nothing to do
    struct fetch f;
    struct loop_call next_letter;
    struct task *behind; // who wants the screen after this one
};

static struct options options;
static struct herd herd;
static struct task *screen; // who has it; behind it those who wait for it

static struct animal *next_animal(void)
{
    return herd_next(&herd);
}

static void speak(struct task *t);

// Types the next letter, for the task that has the screen.
static void type(void *task)
{
    struct task *t = task;
    span_typing(&t->animal->span);
    int pause = radprint_step(&t->animal->line);
    if (pause > 0) {
        loop_pause(&t->next_letter, pause * 1e-3, type, t);
        return;
    }
    span_typed(&t->animal->span);
    screen = t->behind;
    if (screen != NULL)
        loop_soon(&screen->next_letter, type, screen);
    speak(t);
}

// When the fetch is over, the task gets in line for the screen.
static void hear(void *task)
{
    struct task *t = task;
    if (!herd_answer(&herd, t->animal, t->f.error, &t->f.response)) {
        speak(t);
        return;
    }
    span_screen_asked(&t->animal->span);
    struct task **last = &screen;
    while (*last != NULL)
        last = &(*last)->behind;
    *last = t;
    if (screen == t)
        type(t);
}

static void speak(struct task *t)
{
    struct animal *animal = next_animal();
    if (animal == NULL)
        return;
    *t = (struct task){ .animal = animal };
    t->f = (struct fetch){
        .url = animal->url,
        .timeout = options.timeout,
        .max_body = HERD_MAX_SOUND,
        .span = &animal->span,
        .done = hear,
        .arg = t,
    };
    fetch(&t->f);
}

static void work(void)
{
    int n = herd.count < options.max_tasks ? herd.count : options.max_tasks;
    struct task *tasks = calloc((size_t)n, sizeof(*tasks));
    int error = tasks != NULL ? loop_init(options.selector) : -ENOMEM;

    for (int i = 0; i < n && error == 0; i++)
        speak(&tasks[i]);
    if (error == 0)
        error = loop_run();
    if (error != 0)
        fprintf(stderr, "animals: no event loop: %s\n", error_text(error));
    loop_free();
    free(tasks);
}

int main(int argc, char **argv)
{
    int code = program_begin_animals(&herd, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    work();
    return program_end_animals(&herd, &options);
}
