// grep_pipeline.c - follow sends the lines of a growing file to grep, and grep
// sends the matching lines to print: data is pushed in, not pulled out. All
// three are coroutines. (After David Beazley's "A Curious Course on Coroutines
// and Concurrency".)

#include "coroutine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    co_close(g->target);
    CO_END(co, NULL);
}

struct follow {
    struct coroutine co;
    FILE *file;
    char line[80];
    struct coroutine *target;
};

// Sends the new lines of a growing file to its target, and stops at the end.
static enum co_state follow(struct coroutine *co)
{
    CO_FRAME(struct follow, f, co);

    CO_BEGIN(co);
    for (;;) {
        while (fgets(f->line, sizeof(f->line), f->file) != NULL) {
            f->line[strcspn(f->line, "\n")] = '\0';
            co_send(f->target, f->line);
        }
        clearerr(f->file);
        CO_YIELD(co, NULL);
    }
leave:
    co_close(f->target); // the end is passed on
    CO_END(co, NULL);
}

int main(void)
{
    static const char *const log[] = { "the cow said Moo", "the pig waits",
        "the sow said Oink", "nobody said a thing" };
    char path[] = "/tmp/grep_pipeline.XXXXXX";
    struct printer p = { .lines = 0 };
    struct grep said = { .word = "said", .target = &p.co };
    struct follow f = { .target = &said.co };
    FILE *file = fdopen(mkstemp(path), "w"); // as another program writes it

    f.file = fopen(path, "r");
    unlink(path);
    if (file == NULL || f.file == NULL)
        return 1;
    co_start(&p.co, printer);
    co_start(&said.co, grep);
    co_start(&f.co, follow);
    co_send(&p.co, NULL); // primed: a coroutine can receive at a stop
    co_send(&said.co, NULL);
    for (size_t i = 0; i < sizeof(log) / sizeof(*log); i++) {
        fprintf(file, "%s\n", log[i]);
        fflush(file);
        co_send(&f.co, NULL); // look again
    }
    co_close(&f.co);
    fclose(f.file);
    fclose(file);
    return 0;
}
