// grep_pipeline.c - main() sends lines to grep, and grep sends matching lines on
// to print: data is pushed in, not pulled out. grep and print are coroutines
// that wait for the next line. (After David Beazley's "A Curious Course on
// Coroutines and Concurrency".)

#include "coroutine.h"

#include <stdio.h>
#include <string.h>

struct printer {
    struct coroutine co;
    int lines;
};

static enum co_state printer(struct coroutine *co)
{
    CO_FRAME(struct printer, p, co);

    CO_BEGIN(co);
    for (;;) {
        CO_YIELD(co, NULL);
        printf("  print: %s\n", (char *)CO_VALUE(co));
        p->lines++;
    }
leave:
    printf("  print: closed after %d lines\n", p->lines);
    CO_END(co, NULL);
}

struct grep {
    struct coroutine co;
    const char *word;
    struct coroutine *target;
};

static enum co_state grep(struct coroutine *co)
{
    CO_FRAME(struct grep, g, co);

    CO_BEGIN(co);
    for (;;) {
        CO_YIELD(co, NULL);
        printf("grep \"%s\": %s\n", g->word, (char *)CO_VALUE(co));
        if (strstr(CO_VALUE(co), g->word) != NULL)
            co_send(g->target, CO_VALUE(co));
    }
leave:
    printf("grep \"%s\": closed\n", g->word);
    co_close(g->target); // the end is passed on as well
    CO_END(co, NULL);
}

int main(void)
{
    static char log[][24] = { "the cow said Moo", "the pig waits",
        "the sow said Oink", "nobody said a thing" };
    struct printer p = { .lines = 0 };
    struct grep said = { .word = "said", .target = &p.co };

    co_start(&p.co, printer);
    co_start(&said.co, grep);
    co_send(&p.co, NULL); // primed: at its first stop, it can receive
    co_send(&said.co, NULL);
    for (size_t i = 0; i < sizeof(log) / sizeof(*log); i++)
        co_send(&said.co, log[i]);
    co_close(&said.co);
    return 0;
}
