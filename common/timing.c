// timing.c - stores marks in spans, counts fetches in flight and threads, and
// prints all of this as JSON.

#include "timing.h"

#include "clock.h"
#include "process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { MAX_STEPS = 64, MAX_FACTS = 12 };

static double start;
static double start_user;
static double start_system;

// Under the mutex, down to step_seconds:
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int in_flight;
static int max_in_flight;
static long connections;
// The maximum in flight in each step of time. When a run exceeds MAX_STEPS,
// neighbouring steps are merged and step_seconds doubles.
static int max_in_step[MAX_STEPS];
static int current_step;
static double step_seconds = 0.001;

static atomic_int threads = 1;
static atomic_int most_threads = 1;

static struct {
    const char *name;
    double value;
} facts[MAX_FACTS];
static int num_facts;

void timing_start(void)
{
    start = clock_now();
    trace_zero(start);
    trace_on_fact = timing_fact;
    trace_on_threads = timing_threads;
    clock_cpu(&start_user, &start_system);
}

double timing_wall(void)
{
    return clock_now() - start;
}

int timing_max_in_flight(void)
{
    return max_in_flight;
}

// Sets *moment, and records an event with the same time in the trace, unless
// *moment is already set. Returns true if *moment is new.
static bool mark(double *moment, enum trace_kind kind, const struct span *span,
    const struct trace_site *site)
{
    if (*moment > 0)
        return false;
    *moment = trace_is_on ? trace_record(kind, span->task, 0, site) - start
                          : timing_wall();
    // The virtual clock may still be at 0, which would mean "has not happened".
    // 1e-6 is the smallest time visible in the JSON.
    if (*moment < 1e-6)
        *moment = 1e-6;
    return true;
}

static void merge_steps(void)
{
    for (int i = 0; i < MAX_STEPS / 2; i++) {
        int a = max_in_step[2 * i];
        int b = max_in_step[2 * i + 1];
        max_in_step[i] = a > b ? a : b;
    }
    for (int i = MAX_STEPS / 2; i < MAX_STEPS; i++)
        max_in_step[i] = 0;
    current_step /= 2;
    step_seconds *= 2;
}

// Advances to the step of time that contains `now`, then counts the change.
static void count_in_flight(double now, int change)
{
    while (now >= step_seconds * (double)MAX_STEPS)
        merge_steps();
    int step = (int)(now / step_seconds);
    if (step == MAX_STEPS)
        step--; // the division was rounded up
    while (current_step < step)
        max_in_step[++current_step] = in_flight;
    in_flight += change;
    if (in_flight > max_in_step[current_step])
        max_in_step[current_step] = in_flight;
    if (in_flight > max_in_flight)
        max_in_flight = in_flight;
}

void span_mark_asked(struct span *span, const struct trace_site *site)
{
    mark(&span->asked, TRACE_ASK, span, site);
    pthread_mutex_lock(&mutex);
    connections++;
    count_in_flight(span->asked, 1);
    pthread_mutex_unlock(&mutex);
}

void span_mark_connected(struct span *span, const struct trace_site *site)
{
    mark(&span->connected, TRACE_CONNECTED, span, site);
}

void span_mark_first_byte(struct span *span, const struct trace_site *site)
{
    mark(&span->first_byte, TRACE_ANSWER, span, site);
}

void span_mark_done(struct span *span, const struct trace_site *site)
{
    if (span->asked <= 0)
        return; // there never was a connection
    mark(&span->done, TRACE_FETCHED, span, site);
    pthread_mutex_lock(&mutex);
    count_in_flight(span->done, -1);
    pthread_mutex_unlock(&mutex);
}

void span_mark_screen_asked(struct span *span, const struct trace_site *site)
{
    mark(&span->screen_asked, TRACE_WAIT_LOCK, span, site);
}

void span_mark_typing(struct span *span, const struct trace_site *site)
{
    if (!mark(&span->typing, TRACE_LOCK, span, site))
        trace_resume(span->task); // back from the pause after a letter
}

void span_mark_typed(struct span *span, const struct trace_site *site)
{
    mark(&span->typed, TRACE_UNLOCK, span, site);
    if (trace_is_on)
        trace_record(TRACE_DONE, span->task, 0, site);
}

void timing_threads(int change)
{
    int now = atomic_fetch_add(&threads, change) + change;
    int most = atomic_load(&most_threads);

    while (
        now > most && !atomic_compare_exchange_weak(&most_threads, &most, now))
        ;
}

void timing_fact(const char *name, double value)
{
    int i = 0;

    while (i < num_facts && strcmp(facts[i].name, name) != 0)
        i++;
    if (i == MAX_FACTS) {
        fprintf(stderr, "timing: no room for the fact \"%s\"\n", name);
        abort();
    }
    facts[i].name = name;
    facts[i].value = value;
    num_facts += i == num_facts;
}

// VmHWM is better than ru_maxrss, which starts with the peak of the parent
// process, but exists on Linux only.
static long peak_rss_kb(const struct rusage *usage)
{
    long kb = process_memory_kb("VmHWM:");

    if (kb > 0)
        return kb;
#ifdef __APPLE__
    return usage->ru_maxrss / 1024; // macOS counts bytes
#else
    return usage->ru_maxrss;
#endif
}

static void print_in_flight(FILE *out)
{
    fprintf(out, ",\n\"in_flight\":{\"step_s\":%.3f,\"most\":[", step_seconds);
    for (int i = 0; i <= current_step; i++)
        fprintf(out, "%s%d", i > 0 ? "," : "", max_in_step[i]);
    fprintf(out, "]}");
}

static const struct span *nth(const struct span *spans, size_t stride, int i)
{
    return (const void *)((const char *)spans + (size_t)i * stride);
}

static void print_summary(
    FILE *out, const struct span *spans, size_t stride, int n)
{
    double waits = 0;
    double longest = 0;
    double first_line = 0;
    double screen_longest = 0;
    int screen_waits = 0;

    for (int i = 0; i < n; i++) {
        const struct span *span = nth(spans, stride, i);
        double wait = span->done - span->asked;
        double screen = span->typing - span->screen_asked;
        waits += wait;
        if (wait > longest)
            longest = wait;
        if (span->typed > 0 && (first_line <= 0 || span->typed < first_line))
            first_line = span->typed;
        if (screen > screen_longest)
            screen_longest = screen;
        screen_waits += screen > 0.001; // less is no real wait
    }
    fprintf(out,
        ",\n\"summary\":{\"waits_s\":%.6f,\"longest_wait_s\":%.6f,"
        "\"first_line_s\":%.6f,\"screen_waits\":%d,"
        "\"longest_screen_wait_s\":%.6f}",
        waits, longest, first_line, screen_waits, screen_longest);
}

static void print_spans(
    FILE *out, const struct span *spans, size_t stride, int n)
{
    fprintf(out, ",\n\"spans\":[");
    for (int i = 0; i < n; i++) {
        const struct span *span = nth(spans, stride, i);
        fprintf(out,
            "%s\n{\"asked\":%.6f,\"connected\":%.6f,\"first_byte\":%.6f,"
            "\"done\":%.6f,\"screen_asked\":%.6f,\"typing\":%.6f,"
            "\"typed\":%.6f}",
            i > 0 ? "," : "", span->asked, span->connected, span->first_byte,
            span->done, span->screen_asked, span->typing, span->typed);
    }
    fprintf(out, "]");
}

void timing_json(FILE *out, const struct span *spans, size_t stride, int n)
{
    struct rusage usage;
    double user;
    double system;

    getrusage(RUSAGE_SELF, &usage);
    clock_cpu(&user, &system);
    fprintf(out,
        "\"timing\":{\"wall_s\":%.6f,\"cpu_user_s\":%.6f,\"cpu_sys_s\":%.6f,"
        "\"max_in_flight\":%d,\"peak_rss_kb\":%ld,\"threads\":%d,"
        "\"voluntary_switches\":%ld,\"involuntary_switches\":%ld,"
        "\"connections\":%ld",
        timing_wall(), user - start_user, system - start_system, max_in_flight,
        peak_rss_kb(&usage), atomic_load(&most_threads), usage.ru_nvcsw,
        usage.ru_nivcsw, connections);
    fprintf(out, ",\n\"facts\":{");
    for (int i = 0; i < num_facts; i++)
        fprintf(out, "%s\"%s\":%.9g", i > 0 ? "," : "", facts[i].name,
            facts[i].value);
    fprintf(out, "}");
    print_in_flight(out);
    print_summary(out, spans, stride, n);
    print_spans(out, spans, stride, n);
    fprintf(out, "}");
}
