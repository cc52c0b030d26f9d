// compare.c - `make compare`: twelve animals, where all concurrent stages are
// alike, and a thousand at once, where they differ.

#include "compare.h"

#include "command_line.h"
#include "errors.h"
#include "live.h"
#include "settings.h"
#include "stages.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { THOUSAND = 1000, THOUSAND_DELAY = 300 }; // animals, and ms each

struct comparison {
    const struct stage *stage;
    double wall;
    double overlap; // the sum of all waits, divided by the wall time
    double threads;
    double switches;
    double cpu_ms;
    double crawl;
    double waits;
    double longest;
    // A thousand at once:
    double thousand_wall;
    double cpu_us; // per fetch
    double kb; // resident, per waiting fetch
    double thousand_threads;
    bool predicted; // not run: it would take too long
};

enum { MOST_ROWS = NUM_STAGES + NUM_BASELINES };

static void print_name(const struct stage *stage)
{
    if (stage->number > 0)
        printf("%d %-14s", stage->number, stage->name);
    else
        printf("%-16s", stage->name);
}

static int compare_twelve(struct comparison *row, const struct farm *farm)
{
    struct command command;
    struct result animals;
    struct result crawl;

    live_show("twelve animals: %s", row->stage->folder);
    command_begin(&command, row->stage, "animals");
    command_word(&command, "-q");
    command_option(&command, "--server", farm->address);
    int code = command_run(&command, RUN_QUIET, &animals);
    row->waits = result_number(&animals, "summary/waits_s");
    row->longest = result_number(&animals, "summary/longest_wait_s");
    row->wall = result_number(&animals, "wall_s");
    row->overlap = row->waits / row->wall;
    row->threads = result_number(&animals, "threads");
    row->switches = (double)animals.cost.switches;
    row->cpu_ms = result_cpu(&animals) * 1e3;
    result_free(&animals);
    if (code != 0)
        return code;
    live_show("crawl: %s", row->stage->folder);
    code = crawl_site(row->stage, farm, &crawl);
    row->crawl = result_number(&crawl, "wall_s");
    result_free(&crawl);
    return code;
}

// Runs `count` fetches at once.
static int run_many(const struct stage *stage, const struct farm *farm,
    const char *count, int ms, struct result *result)
{
    struct command command;
    char delay[16];

    snprintf(delay, sizeof(delay), "%d", ms);
    command_begin(&command, stage, "animals");
    command_word(&command, "-q");
    command_option(&command, "--server", farm->address);
    command_option(&command, "--count", count);
    command_option(&command, "--max-tasks", count);
    command_option(&command, "--delay", delay);
    return command_run(&command, RUN_QUIET, result);
}

static int compare_numbers(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof(*values), compare_numbers);
    return values[n / 2];
}

// Fills in the medians of three runs, and the threads of the last run. CPU and
// memory are less those of a run with one fetch: starting a program is not part
// of the comparison.
static int compare_thousand(struct comparison *row, const struct farm *farm)
{
    enum { RUNS = 3 };
    double wall[RUNS];
    double cpu[RUNS];
    double kb[RUNS];
    struct result one;
    struct result many;

    for (int i = 0; i < RUNS; i++) {
        live_show("a thousand at once: %s, run %d of %d", row->stage->folder,
            i + 1, RUNS);
        int code = run_many(row->stage, farm, "1", 1, &one);
        if (code == 0)
            code = run_many(row->stage, farm, "1000", THOUSAND_DELAY, &many);
        else
            many = (struct result){ .text = NULL };
        wall[i] = result_number(&many, "wall_s");
        cpu[i] = result_cpu(&many) - result_cpu(&one);
        kb[i] = result_number(&many, "peak_rss_kb")
            - result_number(&one, "peak_rss_kb");
        row->thousand_threads = result_number(&many, "threads");
        result_free(&one);
        result_free(&many);
        if (code != 0)
            return code;
    }
    row->thousand_wall = median(wall, RUNS);
    row->cpu_us = median(cpu, RUNS) * 1e6 / (THOUSAND - 1);
    row->kb = median(kb, RUNS) / (THOUSAND - 1);
    return 0;
}

static void print_bars(const struct comparison *rows, int n)
{
    enum { LONGEST = 48 };
    double most = 0;
    int column = 0;

    for (int i = 0; i < n; i++)
        most = fmax(most, rows[i].wall);
    for (int i = 0; i < n; i++) {
        int bar = (int)lround(rows[i].wall / most * (double)LONGEST);
        bool full = bar > LONGEST / 2;
        char hashes[LONGEST + 1];
        memset(hashes, '#', (size_t)bar);
        hashes[bar] = '\0';
        const struct stage *stage = rows[i].stage;
        if (stage->number > 0)
            column += printf("%d %s", stage->number, hashes);
        else
            column += printf(
                "%s %s", stage == &baselines[0] ? "curl" : stage->name, hashes);
        if (full)
            printf(" %.1f s", rows[i].wall);
        bool last = i + 1 == n;
        bool fits = column + 2 * bar < 78;
        fputs(full || last || !fits ? "\n" : "  ", stdout);
        column = full || !fits ? 0 : column + 2;
    }
}

static void print_missing(void)
{
    if (!stage_is_built(&baselines[0]))
        printf("%-16s(not here: install libcurl's headers, see make doctor)\n",
            baselines[0].name);
}

static void print_twelve(const struct comparison *rows, int n)
{
    printf("Twelve animals: %.1f s of waiting in all, the longest %.1f s\n",
        rows[0].waits, rows[0].longest);
    printf("%-16s%6s%9s%9s%10s%8s%9s\n", "", "wall s", "overlap", "threads",
        "switches", "CPU ms", "crawl s");
    for (int i = 0; i < n; i++) {
        const struct comparison *row = &rows[i];
        print_name(row->stage);
        printf("%6.2f%8.1fx%9.0f%10.0f%8.0f%9.2f\n", row->wall, row->overlap,
            row->threads, row->switches, row->cpu_ms, row->crawl);
    }
    print_missing();
    print_bars(rows, n);
}

static void print_thousand(const struct comparison *rows, int n)
{
    printf("A thousand at once, 0.3 s each: here they differ\n");
    printf("%-16s%6s%14s%11s%9s\n", "", "wall s", "CPU us/fetch", "KB/waiter",
        "threads");
    for (int i = 0; i < n; i++) {
        const struct comparison *row = &rows[i];
        print_name(row->stage);
        if (row->predicted)
            printf("(%.0f s, predicted, not run)\n", row->thousand_wall);
        else
            printf("%6.2f%14.0f%11.1f%9.0f\n", row->thousand_wall, row->cpu_us,
                row->kb, row->thousand_threads);
    }
    print_missing();
    printf("Waiting together is what saves time; how you wait decides memory "
           "and CPU.\n");
}

static void processor(char *name, size_t size)
{
    size_t len;
    char *info = runner_read_file("/proc/cpuinfo", &len);
    char *model = info != NULL ? strstr(info, "model name") : NULL;

    snprintf(name, size, "unknown processor");
    if (model != NULL && (model = strchr(model, ':')) != NULL)
        snprintf(name, size, "%.*s", (int)strcspn(model + 2, "\n"), model + 2);
    free(info);
}

static void describe_machine(char *text, size_t size)
{
    char name[128];
    char date[16];
    struct utsname system;
    time_t now = time(NULL);

    processor(name, sizeof(name));
    uname(&system);
    strftime(date, sizeof(date), "%Y-%m-%d", localtime(&now));
#ifdef __clang__
    const char *compiler = "clang " __clang_version__;
#else
    const char *compiler = "gcc " __VERSION__;
#endif
    snprintf(text, size, "%s, %ld cores, %s %s, %s, %s", name,
        sysconf(_SC_NPROCESSORS_ONLN), system.sysname, system.release, compiler,
        date);
}

static void save_csv(const struct comparison *rows, int n, const char *machine)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/compare.csv", settings_build_folder());
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        error_print(EXIT_SOME_FAILED, "harness", "cannot write %s: %s", path,
            strerror(errno));
        return;
    }
    printf("saved: %s\n", path);
    fprintf(out, "# %s\n", machine);
    fprintf(out,
        "stage,wall_s,overlap,threads,switches,cpu_ms,crawl_s,"
        "thousand_wall_s,thousand_predicted,cpu_us_per_fetch,kb_per_waiter,"
        "thousand_threads\n");
    for (int i = 0; i < n; i++) {
        const struct comparison *row = &rows[i];
        fprintf(out, "%s,%.3f,%.2f,%.0f,%.0f,%.1f,%.3f,%.3f,%s,",
            row->stage->folder, row->wall, row->overlap, row->threads,
            row->switches, row->cpu_ms, row->crawl, row->thousand_wall,
            row->predicted ? "yes" : "no");
        if (row->predicted)
            fprintf(out, ",,\n");
        else
            fprintf(out, "%.1f,%.2f,%.0f\n", row->cpu_us, row->kb,
                row->thousand_threads);
    }
    fclose(out);
}

// Fills in a row. Returns 0 or the exit code with which to stop.
static int compare_one(
    struct comparison *row, const struct stage *stage, const struct farm *farm)
{
    bool one_by_one = stage == &stages[0] || stage == &baselines[2];

    *row = (struct comparison){ .stage = stage };
    int code = compare_twelve(row, farm);
    if (code == 0 && one_by_one) {
        row->thousand_wall = THOUSAND * THOUSAND_DELAY * 1e-3;
        row->predicted = true;
    } else if (code == 0) {
        code = compare_thousand(row, farm);
    }
    live_clear();
    if (code != 0 && code != EXIT_INTERRUPTED)
        code = error_print(
            EXIT_SOME_FAILED, "harness", "%s failed", stage->folder);
    return code;
}

int compare(const struct farm *farm)
{
    struct comparison rows[MOST_ROWS];
    char machine[512];
    bool all = strcmp(settings_get("BASELINES", ""), "all") == 0;
    int n = 0;

    for (int i = 0; i < MOST_ROWS; i++) {
        const struct stage *stage =
            i < NUM_STAGES ? &stages[i] : &baselines[i - NUM_STAGES];
        if (!stage_is_built(stage) || (i > NUM_STAGES && !all))
            continue;
        int code = compare_one(&rows[n], stage, farm);
        if (code != 0)
            return code;
        n++;
    }
    if (n == 0)
        return error_print(EXIT_SOME_FAILED, "harness",
            "no stage is built; `make` builds them");
    print_twelve(rows, n);
    print_thousand(rows, n);
    describe_machine(machine, sizeof(machine));
    puts(machine);
    save_csv(rows, n, machine);
    return EXIT_FINE;
}
