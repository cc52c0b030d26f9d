// animals.c - asks the animals for their sounds, and types the answers.

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
    struct animal *animal; // NULL: idle
    struct fetch f;
    double letter_at; // when to type the next letter
    struct speaker *next_waiter; // for the screen
};

static struct options options;
static struct herd herd;
static struct speaker *screen; // the speaker that types; the waiters follow

static struct animal *next_animal(void)
{
    return herd_next(&herd);
}

static void type_letter(struct speaker *s)
{
    span_typing(&s->animal->span);
    int pause = radprint_step(&s->animal->line);
    if (pause > 0) {
        s->letter_at = clock_now() + pause * 1e-3;
        return;
    }
    span_typed(&s->animal->span);
    screen = s->next_waiter;
    s->animal = NULL;
}

// Continues the fetch; at its end, the speaker gets in line for the screen.
static void continue_fetch(struct speaker *s)
{
    int error = fetch(&s->f);
    if (error == -EAGAIN)
        return;
    if (!herd_answer(&herd, s->animal, error, &s->f.response)) {
        s->animal = NULL;
        return;
    }
    span_screen_asked(&s->animal->span);
    struct speaker **end = &screen;
    while (*end != NULL)
        end = &(*end)->next_waiter;
    *end = s;
}

static void start_speaking(struct speaker *s, struct animal *animal)
{
    *s = (struct speaker){ .animal = animal };
    s->f = (struct fetch){
        .url = animal->url,
        .timeout = options.timeout,
        .max_body = HERD_MAX_SOUND,
        .span = &animal->span,
    };
    continue_fetch(s);
}

static void work(void)
{
    int n = herd.count < options.max_tasks ? herd.count : options.max_tasks;
    struct speaker *speakers = calloc((size_t)n, sizeof(*speakers));
    struct pollfd *polls = calloc((size_t)n + 1, sizeof(*polls));
    int busy = speakers != NULL && polls != NULL ? n : 0;

    if (busy == 0)
        fprintf(stderr, "animals: no memory for %d tasks\n", n);
    while (busy > 0) { // if Ctrl-C comes after interrupt_fd(), poll() returns
        trace_polled(polls, n + 1);
        polls[n] = (struct pollfd){ .fd = interrupt_fd(), .events = POLLIN };
        double deadline = CLOCK_NEVER;
        double now = clock_now();
        busy = 0;
        while (screen != NULL && (interrupted() || now >= screen->letter_at))
            type_letter(screen);
        for (int i = 0; i < n; i++) {
            if (fetch_is_due(&speakers[i].f, polls[i].revents, now))
                continue_fetch(&speakers[i]);
        }
        for (int i = 0; i < n; i++) {
            struct speaker *s = &speakers[i];
            struct animal *animal;
            while (s->animal == NULL && (animal = next_animal()) != NULL)
                start_speaking(s, animal);
            polls[i] = (struct pollfd){ .fd = s->f.state ? s->f.fd : -1 };
            polls[i].events = s->f.state == FETCH_RECEIVING ? POLLIN : POLLOUT;
            busy += s->animal != NULL;
            if (s->f.state && s->f.deadline < deadline)
                deadline = s->f.deadline;
        }
        if (screen != NULL && screen->letter_at < deadline)
            deadline = screen->letter_at;
        if (busy > 0 && poll(polls, (nfds_t)n + 1, clock_ms_until(deadline)) < 0
            && errno != EINTR && errno != EAGAIN)
            break; // the report names the animals without an answer
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
