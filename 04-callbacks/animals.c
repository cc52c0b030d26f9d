// animals.c - asks the animals what they say, and types their answers.

#include "errors.h"
#include "fetch.h"
#include "herd.h"
#include "loop.h"
#include "program.h"
#include "radprint.h"

#include <errno.h>
#include <stdlib.h>

struct speaker {
    struct animal *animal;
    struct fetch f;
    struct loop_call next_letter;
    struct speaker *behind; // who wants the screen after this one
};

static struct options options;
static struct herd herd;
static struct speaker *screen; // who has it; behind it those who wait for it

static struct animal *next_animal(void)
{
    return herd_next(&herd);
}

static void speak(struct speaker *s);

// Types the next letter, for the speaker that has the screen.
static void type(void *arg)
{
    struct speaker *s = arg;
    span_typing(&s->animal->span);
    int pause = radprint_step(&s->animal->line);
    if (pause > 0) {
        loop_pause(&s->next_letter, pause * 1e-3, type, s);
        return;
    }
    span_typed(&s->animal->span);
    screen = s->behind;
    if (screen != NULL)
        loop_soon(&screen->next_letter, type, screen);
    speak(s);
}

// When the fetch is over, the speaker gets in line for the screen.
static void hear(void *arg)
{
    struct speaker *s = arg;
    if (!herd_answer(&herd, s->animal, s->f.error, &s->f.response)) {
        speak(s);
        return;
    }
    span_screen_asked(&s->animal->span);
    struct speaker **last = &screen;
    while (*last != NULL)
        last = &(*last)->behind;
    *last = s;
    if (screen == s)
        type(s);
}

static void speak(struct speaker *s)
{
    struct animal *animal = next_animal();
    if (animal == NULL)
        return;
    *s = (struct speaker){ .animal = animal };
    s->f = (struct fetch){
        .url = animal->url,
        .timeout = options.timeout,
        .max_body = HERD_MAX_SOUND,
        .span = &animal->span,
        .done = hear,
        .arg = s,
    };
    fetch(&s->f);
}

static void work(void)
{
    int n = herd.count < options.max_tasks ? herd.count : options.max_tasks;
    struct speaker *speakers = calloc((size_t)n, sizeof(*speakers));
    int error = speakers != NULL ? loop_init(options.selector) : -ENOMEM;

    for (int i = 0; i < n && error == 0; i++)
        speak(&speakers[i]);
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
