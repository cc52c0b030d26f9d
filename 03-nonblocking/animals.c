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

struct task {
    struct animal *animal; // NULL: this task has nothing to do
    struct fetch f;
    bool fetching;
    double next_letter; // when it is due
    struct task *behind; // who wants the screen after this one
};

static struct options options;
static struct herd herd;
static struct task *screen; // who has it; behind it those who wait for it

static struct animal *next_animal(void)
{
    return herd_next(&herd);
}

// Types the next letter, for the task that has the screen.
static void type(struct task *t)
{
    span_typing(&t->animal->span);
    int pause = radprint_step(&t->animal->line);
    if (pause > 0) {
        t->next_letter = clock_now() + pause * 1e-3;
        return;
    }
    span_typed(&t->animal->span);
    screen = t->behind;
    t->animal = NULL;
}

// When the fetch is over, the task gets in line for the screen.
static void hear(struct task *t)
{
    trace(TRACE_RUN, t->animal->span.task, 0);
    int error = fetch(&t->f);
    if (error == -EAGAIN)
        return;
    t->fetching = false;
    if (!herd_answer(&herd, t->animal, error, &t->f.response)) {
        t->animal = NULL;
        return;
    }
    span_screen_asked(&t->animal->span);
    struct task **last = &screen;
    while (*last != NULL)
        last = &(*last)->behind;
    *last = t;
}

static void speak(struct task *t, struct animal *animal)
{
    *t = (struct task){ .animal = animal, .fetching = true };
    t->f = (struct fetch){
        .url = animal->url,
        .timeout = options.timeout,
        .max_body = HERD_MAX_SOUND,
        .span = &animal->span,
    };
    hear(t);
}

static void work(void)
{
    int n = herd.count < options.max_tasks ? herd.count : options.max_tasks;
    struct task *tasks = calloc((size_t)n, sizeof(*tasks));
    struct pollfd *polls = calloc((size_t)n + 1, sizeof(*polls));
    int busy = tasks != NULL && polls != NULL ? n : 0;

    if (busy == 0)
        fprintf(stderr, "animals: no memory for %d tasks\n", n);
    while (busy > 0) {
        double deadline = CLOCK_NEVER;
        double now = clock_now();
        busy = 0;
        while (screen != NULL && (interrupted() || now >= screen->next_letter))
            type(screen);
        for (int i = 0; i < n; i++) {
            struct task *t = &tasks[i];
            struct animal *animal;
            if (t->fetching && (polls[i].revents || now >= t->f.deadline))
                hear(t);
            while (t->animal == NULL && (animal = next_animal()) != NULL)
                speak(t, animal);
            busy += t->animal != NULL;
            polls[i].fd = t->fetching ? t->f.fd : -1; // -1: poll() skips it
            polls[i].events = t->f.state == FETCH_RECEIVING ? POLLIN : POLLOUT;
            if (t->fetching && t->f.deadline < deadline)
                deadline = t->f.deadline;
        }
        if (screen != NULL && screen->next_letter < deadline)
            deadline = screen->next_letter;
        polls[n] = (struct pollfd){ interrupt_fd(), POLLIN, 0 };
        if (busy > 0)
            poll(polls, (nfds_t)n + 1, clock_ms_until(deadline));
    }
    free(tasks);
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
