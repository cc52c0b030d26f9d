// spin.c - twelve non-blocking fetches, tried again and again in a hot loop;
// then the same fetches, each tried only when poll() reports its socket.

#include "clock.h"
#include "errors.h"
#include "fetch.h"
#include "species.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ANIMALS = 12 };

static struct fetch fetches[ANIMALS];
static struct span spans[ANIMALS];
static struct url urls[ANIMALS];
static struct pollfd polls[ANIMALS]; // fd is -1 once the animal has answered
static long questions; // calls of fetch()
static int answers;

// Prints n with commas, as in 6,799,301.
static void print_number(long n)
{
    if (n >= 1000)
        print_number(n / 1000);
    printf(n >= 1000 ? ",%03ld" : "%ld", n % 1000);
}

static void print_count(const char *how, double wall, double cpu)
{
    fputs(how, stdout);
    print_number(questions);
    printf(" questions, %d answers, wall %.2f s, CPU %.3f s (%.0f %%)", answers,
        wall, cpu, 100 * cpu / wall);
    fflush(stdout);
}

static void ask(int i)
{
    questions++;
    int error = fetch(&fetches[i]);
    short events = fetches[i].state == FETCH_RECEIVING ? POLLIN : POLLOUT;
    polls[i] = (struct pollfd){ .fd = fetches[i].fd, .events = events };
    if (error == -EAGAIN)
        return;
    if (error != 0) {
        fprintf(stderr, "\nspin: %s\n", error_text(error));
        exit(1);
    }
    http_response_free(&fetches[i].response);
    polls[i].fd = -1;
    answers++;
}

static void ask_all(bool in_a_hot_loop)
{
    const char *how = in_a_hot_loop ? "hot loop: " : "poll():   ";
    bool live = isatty(STDOUT_FILENO);
    double wall_start = clock_now();
    double next_print = wall_start;
    clock_t cpu_start = clock();

    questions = answers = 0;
    for (int i = 0; i < ANIMALS; i++) {
        fetches[i] = (struct fetch){ .url = &urls[i], .span = &spans[i] };
        fetches[i].timeout = 20;
        fetches[i].max_body = 4096;
        ask(i);
        // Not even a hot loop may ask for SO_ERROR before the connect has
        // ended: the answer would be 0, as after a success.
        poll(&polls[i], 1, 20000);
    }
    while (answers < ANIMALS) {
        if (!in_a_hot_loop)
            poll(polls, ANIMALS, 20000);
        for (int i = 0; i < ANIMALS; i++) {
            if (polls[i].fd != -1 && (in_a_hot_loop || polls[i].revents))
                ask(i);
        }
        if (answers < ANIMALS && !(live && clock_now() >= next_print))
            continue;
        fputs(live ? "\r\033[K" : "", stdout);
        print_count(how, clock_now() - wall_start,
            (double)(clock() - cpu_start) / CLOCKS_PER_SEC);
        next_print += 0.1;
    }
    putchar('\n');
}

int main(void)
{
    const char *farm = getenv("FARM");
    char text[128];

    for (int i = 0; i < ANIMALS; i++) {
        snprintf(text, sizeof(text), "%s/animals/%s",
            farm != NULL ? farm : "http://127.0.0.1:8888", species[i].name);
        if (url_parse(&urls[i], text, strlen(text)) != 0)
            return 2;
    }
    ask_all(true);
    ask_all(false);
    for (int i = 0; i < ANIMALS; i++)
        url_free(&urls[i]);
    net_forget();
    return 0;
}
