// animals.c - asks the animals for their sounds, and types the answers.

#include "errors.h"
#include "fetch.h"
#include "herd.h"
#include "program.h"
#include "radprint.h"

#include <errno.h>
#include <stdlib.h>

struct speaker {
    struct animal *animal;
    struct fetch f;
    struct loop_call next_letter;
    struct speaker *next_waiter; // for the screen
};

static struct options options;
static struct herd herd;
static struct speaker *screen; // the speaker that types; the waiters follow

static struct animal *next_animal(void)
{
    return herd_next(&herd);
}

static void start_speaking(struct speaker *s);

static void type_letter(void *arg)
{
    struct speaker *s = arg;
    span_typing(&s->animal->span);
    int pause = radprint_step(&s->animal->line);
    if (pause > 0) {
        loop_pause(&s->next_letter, pause * 1e-3, type_letter, s);
        return;
    }
    span_typed(&s->animal->span);
    screen = s->next_waiter;
    if (screen != NULL)
        loop_soon(&screen->next_letter, type_letter, screen);
    start_speaking(s);
}

// The fetch is over: the speaker gets in line for the screen.
static void on_fetched(void *arg)
{
    struct speaker *s = arg;
    if (!herd_answer(&herd, s->animal, s->f.error, &s->f.response)) {
        start_speaking(s);
        return;
    }
    span_screen_asked(&s->animal->span);
    struct speaker **end = &screen;
    while (*end != NULL)
        end = &(*end)->next_waiter;
    *end = s;
    if (screen == s)
        type_letter(s);
}

static void start_speaking(struct speaker *s)
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
        .done = on_fetched,
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
        start_speaking(&speakers[i]);
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
