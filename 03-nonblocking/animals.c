// animals.c - asks the animals what they say, and types their answers.

#include "clock.h"
#include "fetch.h"
#include "herd.h"
#include "interrupt.h"
#include "program.h"
#include "radprint.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

struct speaker {
    struct animal *animal;
    struct fetch f;
    bool fetching;
    double next_letter; // when it is due
    struct speaker *behind; // who wants the screen after this one
};

static struct options options;
static struct herd herd;
static struct speaker *screen; // who has it; behind it those who wait for it

static struct animal *next_animal(void)
{
    return herd_next(&herd);
}

// Types the next letter, for the speaker that has the screen.
static void type(struct speaker *s)
{
    span_typing(&s->animal->span);
    int pause = radprint_step(&s->animal->line);
    if (pause > 0) {
        s->next_letter = clock_now() + pause * 1e-3;
        return;
    }
    span_typed(&s->animal->span);
    screen = s->behind;
    s->animal = NULL;
}

// When the fetch is over, the speaker gets in line for the screen.
static void hear(struct speaker *s)
{
    int error = fetch(&s->f);
    if (error == -EAGAIN)
        return;
    s->fetching = false;
    if (!herd_answer(&herd, s->animal, error, &s->f.response)) {
        s->animal = NULL;
        return;
    }
    span_screen_asked(&s->animal->span);
    struct speaker **last = &screen;
    while (*last != NULL)
        last = &(*last)->behind;
    *last = s;
}

static void speak(struct speaker *s, struct animal *animal)
{
    *s = (struct speaker){ .animal = animal, .fetching = true };
    s->f = (struct fetch){
        .url = animal->url,
        .timeout = options.timeout,
        .max_body = HERD_MAX_SOUND,
        .span = &animal->span,
    };
    hear(s);
}

static void work(void)
{
    int n = herd.count < options.max_tasks ? herd.count : options.max_tasks;
    struct speaker *speakers = calloc((size_t)n, sizeof(*speakers));
    struct pollfd *polls = calloc((size_t)n + 1, sizeof(*polls));
    int busy = speakers != NULL && polls != NULL ? n : 0;

    if (busy == 0)
        fprintf(stderr, "animals: no memory for %d tasks\n", n);
    while (busy > 0) { // interrupt_fd() first: after Ctrl-C there is none
        trace_polled(polls, n + 1);
        polls[n] = (struct pollfd){ .fd = interrupt_fd(), .events = POLLIN };
        double deadline = CLOCK_NEVER;
        double now = clock_now();
        busy = 0;
        while (screen != NULL && (interrupted() || now >= screen->next_letter))
            type(screen);
        for (int i = 0; i < n; i++) {
            struct speaker *s = &speakers[i];
            struct animal *animal;
            if (s->fetching && (polls[i].revents || now >= s->f.deadline))
                hear(s);
            while (s->animal == NULL && (animal = next_animal()) != NULL)
                speak(s, animal);
            busy += s->animal != NULL;
            polls[i] = (struct pollfd){ .fd = s->fetching ? s->f.fd : -1 };
            polls[i].events = s->f.state == FETCH_RECEIVING ? POLLIN : POLLOUT;
            if (s->fetching && s->f.deadline < deadline)
                deadline = s->f.deadline;
        }
        if (screen != NULL && screen->next_letter < deadline)
            deadline = screen->next_letter;
        if (busy > 0 && poll(polls, (nfds_t)n + 1, clock_ms_until(deadline)) < 0
            && errno != EINTR && errno != EAGAIN)
            break; // what was forgotten is reported
    }
    free(speakers);
    free(polls);
}

int main(int argc, char **argv)
{
    int code = program_begin_animals(&herd, &options, STAGE, argc, argv);

    if (code != OPTIONS_GO_ON)
        return code;
    work();
    return program_end_animals(&herd, &options);
}
