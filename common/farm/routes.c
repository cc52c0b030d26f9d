// routes.c - the table of routes, with the functions that write the answers.

#include "routes.h"

#include "chaos.h"
#include "client.h"
#include "clock.h"
#include "farm.h"
#include "process.h"
#include "site.h"
#include "slice.h"
#include "species.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// --- Requests that fail at first ---------------------------------------------

// A hash table with the number of failures of each target. A table that is half
// full is emptied.
struct failure {
    uint64_t key; // 0: free
    int times;
};

enum { FAILURES = 1 << 16 };

static struct failure failures[FAILURES];
static int num_failures;

static void forget_failures(void)
{
    if (num_failures > 0) // an unused table occupies no memory
        memset(failures, 0, sizeof(failures));
    num_failures = 0;
}

// Counts a failure of this target. Returns the number of earlier failures.
static int count_failure(const char *target)
{
    uint64_t key = 14695981039346656037u; // FNV-1a

    for (const char *at = target; *at != '\0'; at++)
        key = (key ^ (unsigned char)*at) * 1099511628211u;
    key |= 1;
    if (num_failures > FAILURES / 2)
        forget_failures();
    size_t i = (size_t)(key >> 32) % FAILURES;
    while (failures[i].key != 0 && failures[i].key != key)
        i = (i + 1) % FAILURES;
    if (failures[i].key == 0)
        num_failures++;
    failures[i].key = key;
    return failures[i].times++;
}

// --- Animals -----------------------------------------------------------------

static struct slice animal_name(const char *target)
{
    const char *name = target + strlen("/animals/");

    return (struct slice){ name, strcspn(name, "?") };
}

// Returns the number after "NAME=" in the query, limited to 0 to `most`, or -1
// if there is none.
static int query_number(const char *target, const char *name, int most)
{
    size_t len = strlen(name);
    const char *at = strchr(target, '?');

    while (
        at != NULL && (strncmp(at + 1, name, len) != 0 || at[1 + len] != '='))
        at = strchr(at + 1, '&');
    if (at == NULL)
        return -1;
    long number = strtol(at + 1 + len + 1, NULL, 10);
    return (int)(number < 0 ? 0 : number > most ? most : number);
}

static uint32_t num_spread; // delays that --spread has changed so far

// Returns the ms to add to the next delay, 0 to --spread. Multiples of the
// golden ratio fill the range evenly, however many requests there are.
static int spread(void)
{
    uint32_t place = num_spread++ * 2654435769u;

    return (int)((uint64_t)place * ((uint64_t)server.options.spread + 1) >> 32);
}

static int animal_delay(const char *target)
{
    const struct species *animal = species_find(animal_name(target));
    int asked = query_number(target, "delay", 86400000);

    if (animal == NULL)
        return 0;
    if (asked >= 0)
        return asked + spread();
    if (server.options.delay >= 0)
        return server.options.delay + spread();
    return animal->delay + spread();
}

static int animal_gate(const char *target)
{
    int asked = query_number(target, "gate", 1000000);

    if (species_find(animal_name(target)) == NULL)
        return 0;
    return asked >= 0 ? asked : server.options.gate;
}

static void answer_animal(const struct question *question, struct reply *reply)
{
    struct slice name = animal_name(question->target);
    const struct species *animal = species_find(name);
    int status = 200;

    if (animal != NULL) {
        reply_printf(reply, "%s", animal->sound);
    } else if (name.len == 0) {
        reply_printf(reply, "Welcome to the farm!\n");
    } else {
        reply_printf(reply, "There is no such animal.\n");
        status = 404;
    }
    reply_head(reply, status, "text/plain", "");
}

// --- The other pages ---------------------------------------------------------

static void answer_front(const struct question *question, struct reply *reply)
{
    if (strcmp(question->target, "/") != 0) {
        reply_printf(reply, "There is no such page.\n");
        reply_head(reply, 404, "text/plain", "");
        return;
    }
    reply_printf(reply,
        "The farm. Its animals are slow.\n\n"
        "/animals/NAME  one sound: /animals/cow, /animals/cow?delay=100\n"
        "/drip/NAME     ten lines over about a second\n"
        "/site/         an encyclopaedia to crawl; "
        "/site/n1000,k10/ a larger site\n"
        "/chaos/        wrong answers\n"
        "/stats         counters of connections and requests; /stats?reset\n");
    reply_head(reply, 200, "text/plain", "");
}

static void answer_drip(const struct question *question, struct reply *reply)
{
    const char *name = question->target + strlen("/drip/");
    size_t begin = reply->stop;

    for (int i = 1; i <= 10; i++)
        reply_printf(reply, "%.100s: drop %2d of 10\n", name, i);
    size_t len = reply->stop - begin;
    reply_head(reply, 200, "text/plain", "");
    reply->first = begin - reply->start;
    reply->piece = len / 10;
    reply->pause = 100;
}

static int page_gate(const char *target)
{
    int gate = site_gate(target);

    return gate >= 0 ? gate : server.options.gate;
}

static void answer_site(const struct question *question, struct reply *reply)
{
    site_reply(reply, question->target, question->host);
}

static void answer_chaos(const struct question *question, struct reply *reply)
{
    chaos_reply(reply, question->target);
}

// A half close, because the socket may hold unread bytes: to close the socket
// would send a reset, which can overtake the answer.
static void answer_refusal(const struct question *question, struct reply *reply)
{
    reply_printf(reply, "Sorry, not like this.\n");
    reply_head(reply, question->status, "text/plain",
        question->status == 405 ? "Allow: GET\r\n" : "");
    reply->end = REPLY_HALF_CLOSE;
}

// --- Statistics --------------------------------------------------------------

static void reset(void)
{
    server.connected = 0;
    server.requests = 0;
    server.responses = 0;
    server.vanished = 0;
    server.peak = server.in_flight;
    num_spread = 0;
    forget_failures();
    client_close_gates();
}

static void answer_stats(const struct question *question, struct reply *reply)
{
    double user;
    double system;

    clock_cpu(&user, &system);
    reply_printf(reply,
        "{\"connections\":%ld,\"requests\":%ld,\"responses\":%ld,"
        "\"vanished\":%ld,\"peak_concurrency\":%d,\"in_flight\":%d,"
        "\"waiting\":%d,\"open\":%d,\"rss_kb\":%ld,\"peak_rss_kb\":%ld,"
        "\"cpu_user_s\":%.6f,\"cpu_sys_s\":%.6f}\n",
        server.connected, server.requests, server.responses, server.vanished,
        server.peak, server.in_flight, server.waiting, server.open - 1,
        process_memory_kb("VmRSS:"), process_memory_kb("VmHWM:"), user, system);
    reply_head(reply, 200, "application/json", "");
    if (strcmp(question->target, "/stats?reset") == 0)
        reset();
}

// --- The table ---------------------------------------------------------------

static const struct route refusal = { "", NULL, NULL, answer_refusal, NULL };

const struct route route_stats = { "/stats", NULL, NULL, answer_stats, NULL };

static const struct route routes[] = {
    { "/animals/", animal_delay, animal_gate, answer_animal, NULL },
    { "/drip/", NULL, NULL, answer_drip, NULL },
    { "/site/", site_delay, page_gate, answer_site, site_failures },
    { "/chaos/", NULL, NULL, answer_chaos, chaos_failures },
    { "/", NULL, NULL, answer_front, NULL },
};

const struct route *route_find(const struct question *question)
{
    const char *target = question->target;
    size_t i = 0;

    if (question->status != 0)
        return &refusal;
    if (strcmp(target, "/stats") == 0 || strcmp(target, "/stats?reset") == 0)
        return &route_stats;
    while (strncmp(target, routes[i].prefix, strlen(routes[i].prefix)) != 0)
        i++; // the last prefix fits every target
    return &routes[i];
}

void route_answer(const struct route *route, const struct question *question,
    struct reply *reply)
{
    int times = 0;

    if (route->failures != NULL)
        times = route->failures(question->target);
    if (times == 0 || count_failure(question->target) >= times)
        route->answer(question, reply);
}
