// show.c - runs a stage's two programs, prints the results, and compares the
// numbers of a copy with the stage's own.

#include "show.h"

#include "command_line.h"
#include "errors.h"
#include "json.h"
#include "live.h"
#include "settings.h"
#include "species.h"
#include "timeline.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// --- Two runs, and their numbers ---------------------------------------------

// The results of a stage: the twelve animals, and the crawl of /site.
struct showing {
    struct result animals;
    struct result crawl;
};

enum { NUM_LEVELS = 64 }; // at most this many in timing/in_flight/most

// The numbers in which a participant's copy is compared with the stage.
struct numbers {
    double wall;
    double first_line;
    double in_flight;
    double threads;
    double switches;
    double cpu;
    double peak_mb;
    double crawl_wall;
    double crawl_most;
    double only_here[2]; // the facts in the line "Only here"
};

// The paths of the facts in each stage's line "Only here".
static const char *const only_here_facts[NUM_STAGES][2] = {
    { "", "" },
    { "summary/screen_waits", "" },
    { "facts/asked", "facts/in_vain" },
    { "facts/turns", "" },
    { "facts/frame_bytes", "facts/resumes" },
    { "facts/stack_bytes", "facts/awaits" },
};

static struct numbers numbers_of(
    const struct stage *stage, const struct showing *s)
{
    const char *const *facts = only_here_facts[stage->number - 1];
    const struct cost *cost = &s->animals.cost;

    return (struct numbers){
        .wall = result_number(&s->animals, "wall_s"),
        .first_line = result_number(&s->animals, "summary/first_line_s"),
        .in_flight = result_number(&s->animals, "max_in_flight"),
        .threads = result_number(&s->animals, "threads"),
        .switches = (double)cost->switches,
        .cpu = cost->cpu_user + cost->cpu_sys,
        .peak_mb = result_number(&s->animals, "peak_rss_kb") / 1024,
        .crawl_wall = result_number(&s->crawl, "wall_s"),
        .crawl_most = result_number(&s->crawl, "max_in_flight"),
        .only_here = {
            result_number(&s->animals, facts[0]),
            result_number(&s->animals, facts[1]),
        },
    };
}

// Runs both programs with the flags of runner_run(). Returns a code above 128
// if a signal ended one of the programs, otherwise the exit code of the first
// program that failed.
static int run_both(const struct stage *stage, const struct farm *farm,
    int flags, char *const words[], struct showing *s)
{
    struct command command;

    *s = (struct showing){ .animals = { .text = NULL } };
    command_begin(&command, stage, "animals");
    command_option(&command, "--server", farm->address);
    command_option(&command, "--count", settings_get("N", ""));
    command_option(&command, "--delay", settings_get("DELAY", ""));
    command_option(&command, "--max-tasks", settings_get("TASKS", ""));
    command_option(&command, "--typing", settings_get("TYPING", "4"));
    while (words != NULL && *words != NULL)
        command_word(&command, *words++);
    int code = command_run(&command, flags, &s->animals);
    if (code > 128 || s->animals.text == NULL) // Ctrl-C, or a crash
        return code;
    if (flags & RUN_TERMINAL)
        live_show("crawling %s/site/", farm->address);
    int crawl_code = crawl_site(stage, farm, &s->crawl);
    live_clear();
    return code != 0 && crawl_code <= 128 ? code : crawl_code;
}

static void showing_free(struct showing *s)
{
    result_free(&s->animals);
    result_free(&s->crawl);
}

// --- Printing ----------------------------------------------------------------

// Returns 450174 as 450,174. Four buffers take turns, so up to four results can
// be used at a time.
static const char *grouped(double number)
{
    static char texts[4][32];
    static int turn;
    char *text = texts[turn++ % 4];
    char digits[32];
    size_t len = (size_t)snprintf(digits, sizeof(digits), "%.0f", number);
    size_t n = 0;

    for (size_t i = 0; i < len && n + 2 < sizeof(texts[0]); i++) {
        text[n++] = digits[i];
        if ((len - i) % 3 == 1 && i + 1 < len && digits[i] != '-')
            text[n++] = ',';
    }
    text[n] = '\0';
    return text;
}

// Prints the crawl in one line, with the requests in flight in up to STEPS
// steps.
static void print_crawl(const struct result *crawl)
{
    enum { STEPS = 11 };
    int levels[NUM_LEVELS];
    int n = 0;

    for (; n < NUM_LEVELS; n++) {
        char path[64];
        snprintf(path, sizeof(path), "timing/in_flight/most/%d", n);
        double level = json_number(crawl->json, path, -1);
        if (level < 0)
            break;
        levels[n] = (int)level;
    }
    printf("Crawl /site: %.0f pages in %.2f s, in flight",
        json_number(crawl->json, "counters/urls", 0),
        result_number(crawl, "wall_s"));
    for (int step = 0; step < STEPS && step < n; step++) {
        int most = 0;
        int from = n > STEPS ? step * n / STEPS : step;
        int to = n > STEPS ? (step + 1) * n / STEPS : step + 1;
        for (int i = from; i < to; i++)
            most = levels[i] > most ? levels[i] : most;
        printf(" %d", most);
    }
    putchar('\n');
}

static void print_wall(const struct result *animals)
{
    printf("wall %.2f s  waits %.1f s in all, longest %.2f  "
           "first line typed at %.2f s\n",
        result_number(animals, "wall_s"),
        result_number(animals, "summary/waits_s"),
        result_number(animals, "summary/longest_wait_s"),
        result_number(animals, "summary/first_line_s"));
}

static void print_cost(const struct result *animals, const struct numbers *n)
{
    printf("in flight %.0f  threads %.0f  switches %ld  CPU %.3f s (%.1f %%)  "
           "peak %.1f MB\n",
        n->in_flight, n->threads, animals->cost.switches, n->cpu,
        100 * n->cpu / animals->cost.wall, n->peak_mb);
}

// Returns the number of lines that a diff of two files or folders adds and
// removes.
static int lines_changed(const char *one, const char *other)
{
    char command[8192];
    int n = 0;

    snprintf(command, sizeof(command),
        "diff -rNU0 -x '.*' -x '*~' '%s' '%s' | grep -c '^[-+]\\([^-+]\\|$\\)'",
        one, other);
    FILE *diff = popen(command, "r");
    if (diff == NULL)
        return 0;
    if (fscanf(diff, "%d", &n) != 1)
        n = 0;
    pclose(diff);
    return n;
}

// Prints the line with the facts that only this stage has, without a newline.
static void print_only_here(const struct stage *stage, const struct numbers *n,
    const struct result *animals)
{
    char fetch[4096];

    printf("Only here: ");
    switch (stage->number) {
    case 1:
        printf("the CPU was busy %.1f %% of the time; the rest was waiting.",
            100 * n->cpu / animals->cost.wall);
        break;
    case 2:
        printf("the screen lock made %.0f animals wait, the longest %.2f s.",
            n->only_here[0],
            result_number(animals, "summary/longest_screen_wait_s"));
        break;
    case 3:
        printf("it asked %s times, %s of them in vain.",
            grouped(n->only_here[0]), grouped(n->only_here[1]));
        break;
    case 4:
        printf("the loop went round %s times; the longest callback took "
               "%.2f ms.",
            grouped(n->only_here[0]),
            result_number(animals, "facts/longest_callback_ms"));
        break;
    case 5:
        printf("%s bytes a frame; coroutines were resumed %s times.",
            grouped(n->only_here[0]), grouped(n->only_here[1]));
        break;
    default:
        snprintf(fetch, sizeof(fetch), "%s/fetch.c", stage->folder);
        printf(
            "%s bytes a stack, %s awaits, %d lines unlike stage 1's fetch.c.",
            grouped(n->only_here[0]), grouped(n->only_here[1]),
            lines_changed("01-blocking/fetch.c", fetch));
    }
}

// --- Differences from the stage's own run ------------------------------------

// Does a number differ from the stage's own by more than chance would explain?
static bool differs(double yours, double own, double slack)
{
    return fabs(yours - own) > slack + 0.3 * own;
}

// The stage's own numbers, printed in brackets after or below a copy's line.
struct beside {
    const struct stage *stage;
    bool begun;
};

static void beside_add(struct beside *beside, const char *format, ...)
{
    va_list args;

    if (beside->begun)
        printf(", ");
    else
        printf("  (stage %d: ", beside->stage->number);
    beside->begun = true;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

static void beside_end(struct beside *beside)
{
    if (beside->begun)
        printf(")\n");
    beside->begun = false;
}

static void compare_crawl(
    struct beside *beside, const struct numbers *n, const struct numbers *own)
{
    if (differs(n->crawl_wall, own->crawl_wall, 0.15))
        beside_add(beside, "%.2f s", own->crawl_wall);
    if (n->crawl_most != own->crawl_most)
        beside_add(beside, "%.0f in flight", own->crawl_most);
    beside_end(beside);
}

static void compare_wall(
    struct beside *beside, const struct numbers *n, const struct numbers *own)
{
    if (differs(n->wall, own->wall, 0.1))
        beside_add(beside, "wall %.2f s", own->wall);
    if (differs(n->first_line, own->first_line, 0.1))
        beside_add(beside, "first line at %.2f s", own->first_line);
    beside_end(beside);
}

static void compare_cost(
    struct beside *beside, const struct numbers *n, const struct numbers *own)
{
    if (n->in_flight != own->in_flight)
        beside_add(beside, "in flight %.0f", own->in_flight);
    if (n->threads != own->threads)
        beside_add(beside, "threads %.0f", own->threads);
    if (differs(n->switches, own->switches, 300))
        beside_add(beside, "switches %.0f", own->switches);
    if (differs(n->cpu, own->cpu, 0.05))
        beside_add(beside, "CPU %.3f s", own->cpu);
    if (differs(n->peak_mb, own->peak_mb, 0.5))
        beside_add(beside, "peak %.1f MB", own->peak_mb);
    beside_end(beside);
}

static void compare_only(
    struct beside *beside, const struct numbers *n, const struct numbers *own)
{
    if (differs(n->only_here[0], own->only_here[0], 20)
        || differs(n->only_here[1], own->only_here[1], 100)) {
        beside_add(beside, "%s", grouped(own->only_here[0]));
        if (own->only_here[1] > 0)
            beside_add(beside, "%s", grouped(own->only_here[1]));
    }
    if (beside->begun)
        beside_end(beside);
    else
        putchar('\n');
}

// --- make stage-N ------------------------------------------------------------

// Prints everything below the typing. `own`: the stage's own numbers if this is
// a copy; NULL if this is the stage itself.
static void print_showing(const struct stage *stage, const struct showing *s,
    const struct numbers *own)
{
    struct numbers n = numbers_of(stage, s);
    struct beside beside = { .stage = stage };

    if (s->crawl.text != NULL)
        print_crawl(&s->crawl);
    if (own != NULL)
        compare_crawl(&beside, &n, own);
    timeline_draw(stdout, s->animals.json, 24, atof(settings_get("PACE", "1")));
    print_wall(&s->animals);
    if (own != NULL)
        compare_wall(&beside, &n, own);
    print_cost(&s->animals, &n);
    if (own != NULL)
        compare_cost(&beside, &n, own);
    print_only_here(stage, &n, &s->animals);
    if (own != NULL)
        compare_only(&beside, &n, own);
    else
        putchar('\n');
}

static void print_read_on(const struct stage *stage)
{
    printf("Read on: TUTORIAL.md chapter %d.", stage->number);
    if (stage->number < NUM_STAGES && access(stage[1].folder, F_OK) == 0)
        printf("  Then: make diff-%d && make stage-%d", stage->number + 1,
            stage->number + 1);
    printf("\nStep by step, in a browser: make replay STAGE=%d\n",
        stage->number);
}

// Runs the stage and prints the results; `own` as in print_showing(). After
// Ctrl-C or a crash there are no results to print. Returns the exit code.
static int run_and_print(const struct stage *stage, const struct farm *farm,
    char *const words[], const struct numbers *own, struct showing *s)
{
    int code = run_both(stage, farm, RUN_TERMINAL, words, s);

    if (s->animals.text == NULL)
        return code != 0 ? code : EXIT_SOME_FAILED;
    if (code > 128) {
        printf("%s\n",
            code == EXIT_INTERRUPTED ? "Interrupted: no numbers."
                                     : "It crashed: no numbers.");
        return code;
    }
    print_showing(stage, s, own);
    return code;
}

int show_stage(const struct stage *stage, const struct farm *farm)
{
    struct showing s;

    printf("Stage %d, %s: %s\n", stage->number, stage->name, stage->motto);
    int code = run_and_print(stage, farm, NULL, NULL, &s);
    if (code <= 128)
        print_read_on(stage);
    showing_free(&s);
    return code;
}

// --- make play-N -------------------------------------------------------------

// Writes the settings that a run's numbers depend on, in one line.
static void describe_settings(
    const struct stage *stage, char *text, size_t size)
{
    char program[4096];
    struct stat built = { 0 };

    snprintf(program, sizeof(program), "%s/%s/animals", settings_build_folder(),
        stage->folder);
    stat(program, &built);
    snprintf(text, size,
        "built=%lld N=%s DELAY=%s PACE=%s TASKS=%s TYPING=%s "
        "SELECTOR=%s\n",
        (long long)built.st_mtime, settings_get("N", ""),
        settings_get("DELAY", ""), settings_get("PACE", ""),
        settings_get("TASKS", ""), settings_get("TYPING", ""),
        settings_get("SELECTOR", ""));
}

// Gets the stage's own numbers: from a file if the settings there are the same,
// because stage 1 takes ten seconds, otherwise from a run. Returns 0 or an exit
// code.
static int own_numbers(
    const struct stage *stage, const struct farm *farm, struct numbers *own)
{
    char path[4096];
    char settings[1024];
    char known[1024] = "";
    struct showing s;

    snprintf(path, sizeof(path), "%s/play/stage-%d.numbers",
        settings_build_folder(), stage->number);
    describe_settings(stage, settings, sizeof(settings));
    FILE *file = fopen(path, "rb");
    if (file != NULL) {
        bool same = fgets(known, sizeof(known), file) != NULL
            && strcmp(known, settings) == 0
            && fread(own, sizeof(*own), 1, file) == 1;
        fclose(file);
        if (same)
            return 0;
    }
    live_show("stage %d itself, for comparison", stage->number);
    int code = run_both(stage, farm, RUN_QUIET, NULL, &s);
    live_clear();
    *own = numbers_of(stage, &s);
    showing_free(&s);
    file = code == 0 ? fopen(path, "wb") : NULL;
    if (file != NULL) {
        fputs(settings, file);
        fwrite(own, sizeof(*own), 1, file);
        fclose(file);
    }
    return code;
}

int show_play(
    const struct stage *stage, const struct farm *farm, char *const words[])
{
    struct stage copy = *stage;
    char folder[256];
    struct numbers own;
    struct showing s;
    int number = stage->number;

    snprintf(folder, sizeof(folder), "play/%s", stage->folder);
    copy.folder = folder;
    int code = own_numbers(stage, farm, &own);
    if (code != 0)
        return code;
    int changed = lines_changed(stage->folder, folder);
    printf("Your stage %d (%s, %d line%s changed):\n", number, folder, changed,
        changed == 1 ? "" : "s");
    code = run_and_print(&copy, farm, words, &own, &s);
    printf("Its crawler:  %s/%s/crawl $FARM/site/   "
           "(needs make farm)\n"
           "Is it right?  make grade-%d    What did I change?  "
           "make diff-play-%d\nFrom the start:  make reset-%d\n"
           "Beside the original, in a browser:  make replay STAGE=play-%d\n",
        settings_build_folder(), folder, number, number, number, number);
    showing_free(&s);
    return code;
}

// --- make predict-N ----------------------------------------------------------

// Asks a question. Returns the number that was typed, or -1.
static double ask(const char *question)
{
    char answer[64];
    char *end;

    printf("  %s? ", question);
    fflush(stdout);
    if (fgets(answer, sizeof(answer), stdin) == NULL) {
        putchar('\n');
        return -1;
    }
    if (!isatty(STDIN_FILENO))
        fputs(answer, stdout);
    double number = strtod(answer, &end);
    if (end != answer && number >= 0)
        return number;
    if (answer[0] != '\n')
        printf("  (not a number: skipped)\n");
    return -1;
}

static void print_answer(
    const char *name, double yours, const char *here, const char *why)
{
    char text[32] = "-";

    if (yours >= 0)
        snprintf(text, sizeof(text), "%g", yours);
    printf(
        "%-10s%9s%10s%s%s\n", name, text, here, *why != '\0' ? "   " : "", why);
}

// Writes, in brackets, the time of the answer and the duration of the typing of
// the animal whose line was complete first.
static void explain_first_line(
    const struct result *animals, char *text, size_t size)
{
    double first = -1;
    int place = 0;
    char path[64];

    for (int i = 0;; i++) {
        snprintf(path, sizeof(path), "timing/spans/%d/typed", i);
        double typed = json_number(animals->json, path, -1);
        if (typed < 0)
            break;
        if (typed > 0 && (first < 0 || typed < first)) {
            first = typed;
            place = i;
        }
    }
    snprintf(path, sizeof(path), "timing/spans/%d/done", place);
    double done = json_number(animals->json, path, 0);
    snprintf(path, sizeof(path), "timing/spans/%d/typing", place);
    double typing = json_number(animals->json, path, 0);
    snprintf(text, size, "(the %s answers at %.2f and types for %.2f)",
        species[place % NUM_SPECIES].name, done, first - typing);
}

// Prints the waiting time that the farm will cause, in all and at most.
static void print_waiting(void)
{
    int count = atoi(settings_get("N", "12"));
    double pace = atof(settings_get("PACE", "1")) * 1e-3;
    int delay = atoi(settings_get("DELAY", "-1"));
    double all = 0;
    double longest = 0;

    for (int i = 0; i < count; i++) {
        double wait = delay >= 0 ? delay : species[i % NUM_SPECIES].delay;
        all += wait * pace;
        longest = fmax(longest, wait * pace);
    }
    printf("%d animals, %.1f s of waiting in all, the longest %.1f s.\n"
           "Predict (Enter skips):\n",
        count, all, longest);
}

int show_predict(const struct stage *stage, const struct farm *farm)
{
    struct showing s;
    char first[128];
    char here[32];

    printf("Stage %d, %s: ", stage->number, stage->name);
    print_waiting();
    double wall = ask("wall time in seconds");
    double threads = ask("threads");
    double first_line = ask("first line typed at");
    int code = run_and_print(stage, farm, NULL, NULL, &s);
    if (code <= 128) {
        struct numbers n = numbers_of(stage, &s);
        explain_first_line(&s.animals, first, sizeof(first));
        printf("\n%-10s%9s%10s\n", "", "yours", "here");
        snprintf(here, sizeof(here), "%.2f", n.wall);
        print_answer("wall", wall, here, "");
        snprintf(here, sizeof(here), "%.0f", n.threads);
        print_answer("threads", threads, here,
            stage->number == 2 ? "(the first thread waits for the others)"
                               : "");
        snprintf(here, sizeof(here), "%.2f", n.first_line);
        print_answer("first line", first_line, here, first);
        print_read_on(stage);
    }
    showing_free(&s);
    return code;
}
