// harness.c - starts the farm, runs stages against it, prints and draws.
//
//     harness stage N          one stage: animals, crawl, timeline, numbers
//     harness compare          all stages side by side
//     harness crowd            ten thousand clients of the farm's one thread
//     harness where            where stage 6's tasks are, in mid-wait
//     harness run PROGRAM...   an example, with a farm in $FARM
//     harness hangs PROGRAM... the same ten times, counting those that hang
//
// `make` passes on BUILD, STAGE, N, DELAY, PACE, TASKS, TYPING, SELECTOR and
// BASELINES in the environment.

#include "clock.h"
#include "command_line.h"
#include "compare.h"
#include "errors.h"
#include "json.h"
#include "live.h"
#include "process.h"
#include "settings.h"
#include "stages.h"
#include "timeline.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// --- make stage-N ----------------------------------------------------------

// At most 11 steps of how many were in flight.
static void print_crawl(const struct result *crawl)
{
    enum { STEPS = 11 };
    int levels[64];
    int n = 0;

    for (; n < 64; n++) {
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

static void print_numbers(const struct result *animals)
{
    const struct cost *cost = &animals->cost;
    double cpu = cost->cpu_user + cost->cpu_sys;

    printf("wall %.2f s  waits %.1f s in all, longest %.2f  "
           "first line typed at %.2f s\n",
        result_number(animals, "wall_s"),
        result_number(animals, "summary/waits_s"),
        result_number(animals, "summary/longest_wait_s"),
        result_number(animals, "summary/first_line_s"));
    printf("in flight %.0f  threads %.0f  switches %ld  CPU %.3f s (%.1f %%)  "
           "peak %.1f MB\n",
        result_number(animals, "max_in_flight"),
        result_number(animals, "threads"), cost->switches, cpu,
        100 * cpu / cost->wall, result_number(animals, "peak_rss_kb") / 1024);
}

// Lines removed and added in fetch.c from stage 1 to 6, as diff counts them.
static int lines_changed(void)
{
    FILE *diff = popen("diff 01-blocking/fetch.c 06-async-await-style/fetch.c |"
                       " grep -c '^[<>]'",
        "r");
    int n = 0;

    if (diff == NULL)
        return 0;
    if (fscanf(diff, "%d", &n) != 1)
        n = 0;
    pclose(diff);
    return n;
}

// The line that only this stage can print.
static void print_only_here(
    const struct stage *stage, const struct result *animals)
{
    const struct cost *cost = &animals->cost;

    printf("Only here: ");
    if (stage->number == 1) {
        printf("the CPU was busy %.1f %% of the time; the rest was waiting.\n",
            100 * (cost->cpu_user + cost->cpu_sys) / cost->wall);
    } else if (stage->number == 2) {
        printf("the screen lock made %.0f animals wait, the longest %.2f s.\n",
            result_number(animals, "summary/screen_waits"),
            result_number(animals, "summary/longest_screen_wait_s"));
    } else if (stage->number == 3) {
        printf("it asked %.0f times, %.0f of them in vain.\n",
            result_number(animals, "facts/asked"),
            result_number(animals, "facts/in_vain"));
    } else if (stage->number == 4) {
        printf("the loop went round %.0f times; the longest callback took "
               "%.2f ms.\n",
            result_number(animals, "facts/turns"),
            result_number(animals, "facts/longest_callback_ms"));
    } else if (stage->number == 5) {
        printf("%.0f bytes a frame; coroutines were resumed %.0f times.\n",
            result_number(animals, "facts/frame_bytes"),
            result_number(animals, "facts/resumes"));
    } else {
        printf(
            "%.0f bytes touched per stack, %.0f awaits, %d lines changed from "
            "stage 1's fetch.c.\n",
            result_number(animals, "facts/stack_bytes"),
            result_number(animals, "facts/awaits"), lines_changed());
    }
}

static void print_read_on(const struct stage *stage)
{
    printf("Read on: TUTORIAL.md chapter %d.", stage->number);
    if (stage->number < NUM_STAGES && access(stage[1].folder, F_OK) == 0)
        printf("  Then: make diff-%d && make stage-%d", stage->number + 1,
            stage->number + 1);
    putchar('\n');
}

static int run_stage(const struct stage *stage, const struct farm *farm)
{
    struct command command;
    struct result animals;
    struct result crawl;

    printf("Stage %d, %s: %s\n", stage->number, stage->name, stage->motto);
    command_begin(&command, stage, "animals");
    command_option(&command, "--server", farm->address);
    command_option(&command, "--count", settings_get("N", ""));
    command_option(&command, "--delay", settings_get("DELAY", ""));
    command_option(&command, "--max-tasks", settings_get("TASKS", ""));
    command_option(&command, "--typing", settings_get("TYPING", "4"));
    int code = command_run(&command, RUN_TERMINAL, &animals);
    if (code > 128 || animals.text == NULL) { // Ctrl-C, or it has crashed
        result_free(&animals);
        return code;
    }
    live_show("crawling %s/site/", farm->address);
    int crawl_code = crawl_site(stage, farm, &crawl);
    live_clear();
    if (crawl.text != NULL)
        print_crawl(&crawl);
    timeline_draw(stdout, animals.json, 24, atof(settings_get("PACE", "1")));
    print_numbers(&animals);
    print_only_here(stage, &animals);
    print_read_on(stage);
    result_free(&animals);
    result_free(&crawl);
    return code != 0 ? code : crawl_code;
}

// --- make crowd ------------------------------------------------------------

// Watches the farm until the clients have come and gone, in a process of its
// own beside them.
static void watch_crowd(const struct farm *farm)
{
    struct timespec tick = { .tv_nsec = 100 * 1000 * 1000 };
    bool terminal = isatty(STDOUT_FILENO);
    double most = 0;
    double start = clock_now();

    while (clock_now() - start < 120) {
        char *stats = farm_get(farm, "/stats");
        if (stats == NULL)
            break;
        struct slice json = slice_of(stats);
        double waiting = json_number(json, "in_flight", 0);
        double cpu = json_number(json, "cpu_user_s", 0)
            + json_number(json, "cpu_sys_s", 0);
        most = fmax(most, waiting);
        printf("%s%5.1f s  %6.0f waiting  the farm: 1 thread, %.1f MB, "
               "CPU %.2f s%s",
            terminal ? "\r" : "", clock_now() - start, waiting,
            json_number(json, "peak_rss_kb", 0) / 1024, cpu,
            terminal ? "" : "\n");
        fflush(stdout);
        free(stats);
        if (most > 0 && waiting == 0)
            break;
        nanosleep(&tick, NULL);
    }
}

// $STAGE, or the one that is best at it, of those that exist.
static const struct stage *best_stage(void)
{
    static const int order[] = { 4, 5, 6, 3, 2 };
    int wanted = atoi(settings_get("STAGE", "0"));

    if (wanted > 0 && wanted <= NUM_STAGES)
        return &stages[wanted - 1];
    for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
        if (stage_is_built(&stages[order[i] - 1]))
            return &stages[order[i] - 1];
    }
    return NULL;
}

static int crowd(const struct farm *farm)
{
    const struct stage *stage = best_stage();
    const char *count = settings_get("N", "10000");
    struct command command;
    struct result result;

    if (stage == NULL)
        return error_print(EXIT_SOME_FAILED, "harness",
            "no stage is built that can wait for many; run `make`");
    printf("%s clients (%s) wait for one thread.\n", count, stage->folder);
    fflush(stdout);
    pid_t watcher = fork();
    if (watcher == 0) {
        watch_crowd(farm);
        _exit(0);
    }
    command_begin(&command, stage, "animals");
    command_word(&command, "-q");
    command_option(&command, "--server", farm->address);
    command_option(&command, "--count", count);
    command_option(&command, "--max-tasks", count);
    command_option(&command, "--delay", settings_get("DELAY", "3000"));
    int code = command_run(&command, RUN_QUIET, &result);
    if (watcher > 0) {
        if (code != 0)
            kill(watcher, SIGTERM);
        waitpid(watcher, NULL, 0);
        if (isatty(STDOUT_FILENO))
            putchar('\n'); // wherever it was in its line
    }
    if (result.text != NULL)
        printf("the clients: %.0f at most in flight, threads %.0f, %.1f MB, "
               "CPU %.2f s\n",
            result_number(&result, "max_in_flight"),
            result_number(&result, "threads"),
            result_number(&result, "peak_rss_kb") / 1024, result_cpu(&result));
    result_free(&result);
    return code;
}

// --- make where ------------------------------------------------------------

// Presses Ctrl-\ for them, when half of the animals have answered: some wait
// for the farm then, some for the screen, and one types. In a process of its
// own.
static void press_quit(const struct farm *farm, const char *pid_path)
{
    struct timespec tick = { .tv_nsec = 10 * 1000 * 1000 };
    double start = clock_now();
    bool all = false;

    for (; clock_now() - start < 60; nanosleep(&tick, NULL)) {
        char *stats = farm_get(farm, "/stats");
        if (stats == NULL)
            return;
        double waiting = json_number(slice_of(stats), "in_flight", 0);
        free(stats);
        all = all || waiting == 12;
        if (all && waiting <= 6)
            break;
    }
    char *pid = runner_read_file(pid_path, &(size_t){ 0 });
    if (all && pid != NULL)
        kill((pid_t)atoi(pid), SIGQUIT);
    free(pid);
}

static int where(const struct farm *farm)
{
    const struct stage *stage = &stages[NUM_STAGES - 1];
    char animals[4096];
    char pid_path[4096];
    char *argv[] = { "/bin/sh", "-c", "echo $$ >\"$0\"; exec \"$@\"", pid_path,
        animals, "--typing", "20", NULL };
    struct cost cost;

    if (!stage_is_built(stage))
        return error_print(EXIT_SOME_FAILED, "harness",
            "%s is not built; run `make`", stage->folder);
    snprintf(animals, sizeof(animals), "%s/%s/animals", settings_build_folder(),
        stage->folder);
    snprintf(
        pid_path, sizeof(pid_path), "%s/where.pid", settings_build_folder());
    printf("Twelve tasks. Ctrl-\\ asks them where they are; here it is pressed "
           "once for you.\n");
    fflush(stdout);
    pid_t presser = fork();
    if (presser == 0) {
        press_quit(farm, pid_path);
        _exit(0);
    }
    int error = runner_run(argv, RUN_TERMINAL, 0, &cost);
    if (presser > 0) {
        kill(presser, SIGTERM);
        waitpid(presser, NULL, 0);
    }
    remove(pid_path);
    return error != 0
        ? error_print(EXIT_SOME_FAILED, "harness", "cannot run %s", animals)
        : cost.code;
}

// --- Examples --------------------------------------------------------------

static int run_example(char *const argv[])
{
    struct cost cost;

    if (argv[0] == NULL)
        return error_print(EXIT_SOME_FAILED, "harness", "which program?");
    int error = runner_run(argv, RUN_TERMINAL, 0, &cost);
    return error != 0
        ? error_print(EXIT_SOME_FAILED, "harness", "cannot run %s", argv[0])
        : cost.code;
}

// Runs a program ten times and counts the runs that never end.
static int count_hangs(char *const argv[])
{
    enum { RUNS = 10, LIMIT = 2 };
    int hangs = 0;

    if (argv[0] == NULL)
        return error_print(EXIT_SOME_FAILED, "harness", "which program?");
    for (int i = 0; i < RUNS; i++) {
        struct cost cost;
        live_show("run %d of %d, %d hung", i + 1, RUNS, hangs);
        if (runner_run(argv, RUN_QUIET, LIMIT, &cost) != 0)
            return error_print(
                EXIT_SOME_FAILED, "harness", "cannot run %s", argv[0]);
        if (cost.interrupted) {
            live_clear();
            return EXIT_INTERRUPTED;
        }
        hangs += cost.timed_out;
    }
    live_clear();
    printf(
        "%d of %d runs hung and were ended after %d s.\n", hangs, RUNS, LIMIT);
    return EXIT_FINE;
}

// --- main ------------------------------------------------------------------

static int dispatch(const struct farm *farm, int argc, char **argv)
{
    const char *command = argv[1];
    int number = argc > 2 ? atoi(argv[2]) : 0;

    if (strcmp(command, "compare") == 0)
        return compare(farm);
    if (strcmp(command, "crowd") == 0)
        return crowd(farm);
    if (strcmp(command, "where") == 0)
        return where(farm);
    if (strcmp(command, "run") == 0)
        return run_example(argv + 2);
    if (strcmp(command, "hangs") == 0)
        return count_hangs(argv + 2);
    if (strcmp(command, "stage") != 0)
        return error_print(
            EXIT_SOME_FAILED, "harness", "unknown command \"%s\"", command);
    if (number < 1 || number > NUM_STAGES)
        return error_print(EXIT_SOME_FAILED, "harness",
            "stages are numbered 1 to %d", NUM_STAGES);
    if (!stage_is_built(&stages[number - 1]))
        return error_print(EXIT_SOME_FAILED, "harness",
            "stage %d, %s, is not here yet, or not built", number,
            stages[number - 1].folder);
    return run_stage(&stages[number - 1], farm);
}

int main(int argc, char **argv)
{
    struct farm farm;

    process_keep_standard_streams();
    if (argc < 2) {
        error_print(EXIT_SOME_FAILED, "harness",
            "usage: harness stage N | compare | crowd | where | "
            "run PROGRAM... | hangs PROGRAM...");
        return EXIT_USAGE;
    }
    int error =
        farm_start(&farm, settings_build_folder(), settings_get("PACE", "1"));
    if (error != 0)
        return error_print(EXIT_SOME_FAILED, "harness",
            "the farm does not start: %s", error_text(error));
    setenv("FARM", farm.address, 1);
    int code = dispatch(&farm, argc, argv);
    farm_stop(&farm);
    return code;
}
