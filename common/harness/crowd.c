// crowd.c - runs a stage's program in the foreground, while a child process
// asks the farm for /stats.

#include "crowd.h"

#include "clock.h"
#include "command_line.h"
#include "errors.h"
#include "json.h"
#include "settings.h"
#include "stages.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// --- make crowd ------------------------------------------------------------

// Prints the farm's counters until `count` clients have come and gone: in one
// line, ten times a second, or if stdout is no terminal a line each second.
static void watch_crowd(const struct farm *farm, double count)
{
    bool terminal = isatty(STDOUT_FILENO);
    struct timespec tick = { .tv_nsec = 100 * 1000 * 1000 };
    double most = 0;
    double start = clock_now();
    double last = 0;

    for (;;) {
        char *stats = farm_get(farm, "/stats");
        if (stats == NULL)
            break;
        struct slice json = slice_of(stats);
        double in_flight = json_number(json, "in_flight", 0);
        double gone = json_number(json, "responses", 0)
            + json_number(json, "vanished", 0);
        double cpu = json_number(json, "cpu_user_s", 0)
            + json_number(json, "cpu_sys_s", 0);
        most = fmax(most, in_flight);
        if (terminal || gone >= count || clock_now() - last >= 1) {
            printf("%s%5.1f s  %6.0f waiting  the farm: 1 thread, %.1f MB, "
                   "CPU %.2f s%s",
                terminal ? "\r" : "", clock_now() - start, in_flight,
                json_number(json, "peak_rss_kb", 0) / 1024, cpu,
                terminal ? "" : "\n");
            fflush(stdout);
            last = clock_now();
        }
        free(stats);
        if (gone >= count)
            break;
        nanosleep(&tick, NULL);
    }
}

// Returns the stage that $STAGE names or, without $STAGE, the first in `order`
// that is built: the best stage for a crowd comes first. Returns NULL after a
// message if there is none.
static const struct stage *crowd_stage(void)
{
    static const int order[] = { 4, 5, 6, 3, 2, 1 };
    const char *wanted = settings_get("STAGE", "");

    if (*wanted != '\0') {
        int number = atoi(wanted);
        if (number >= 1 && number <= NUM_STAGES)
            return &stages[number - 1];
        error_print(EXIT_USAGE, "harness",
            "STAGE=%s: stages are numbered 1 to %d", wanted, NUM_STAGES);
        return NULL;
    }
    for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
        if (stage_is_built(&stages[order[i] - 1]))
            return &stages[order[i] - 1];
    }
    error_print(EXIT_USAGE, "harness", "no stage is built; `make` builds them");
    return NULL;
}

int crowd(const struct farm *farm)
{
    const struct stage *stage = crowd_stage();
    const char *count = settings_get("N", "10000");
    struct command command;
    struct result result;

    if (stage == NULL)
        return EXIT_USAGE;
    printf("%s clients (%s) wait for one thread.\n", count, stage->folder);
    fflush(stdout);
    pid_t watcher = fork();
    if (watcher == 0) {
        watch_crowd(farm, atof(count));
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
            putchar('\n'); // ends the watcher's line
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

// Waits until half of the animals have answered: then some tasks wait for the
// farm, some for the screen, and one types. Requests a dump, as Ctrl-\ does,
// from the process that the file `pid_path` names.
static void request_dump(const struct farm *farm, const char *pid_path)
{
    struct timespec tick = { .tv_nsec = 10 * 1000 * 1000 };
    double start = clock_now();
    bool all = false;

    for (; clock_now() - start < 60; nanosleep(&tick, NULL)) {
        char *stats = farm_get(farm, "/stats");
        if (stats == NULL)
            return;
        double in_flight = json_number(slice_of(stats), "in_flight", 0);
        free(stats);
        all = all || in_flight == 12;
        if (all && in_flight <= 6)
            break;
    }
    char *pid = runner_read_file(pid_path, &(size_t){ 0 });
    if (all && pid != NULL)
        kill((pid_t)atoi(pid), SIGUSR1); // SIGQUIT may be ignored
    free(pid);
}

// Prints the file with the dump. On the terminal, the dump would mix with the
// lines that are being typed.
static void print_file(const char *path)
{
    size_t len;
    char *text = runner_read_file(path, &len);

    if (text != NULL)
        fwrite(text, 1, len, stdout);
    free(text);
}

int where(const struct farm *farm)
{
    const struct stage *stage = &stages[NUM_STAGES - 1];
    char animals[4096];
    char pid_path[4096];
    char dump_path[4096];
    char *argv[] = { "/bin/sh", "-c",
        "echo $$ >\"$0\"; dump=$1; shift; exec \"$@\" 2>\"$dump\"", pid_path,
        dump_path, animals, "--typing", "20", NULL };
    struct cost cost;

    if (!stage_is_built(stage))
        return error_print(EXIT_SOME_FAILED, "harness",
            "%s is not built; run `make`", stage->folder);
    snprintf(animals, sizeof(animals), "%s/%s/animals", settings_build_folder(),
        stage->folder);
    snprintf(
        pid_path, sizeof(pid_path), "%s/where.pid", settings_build_folder());
    snprintf(
        dump_path, sizeof(dump_path), "%s/where.dump", settings_build_folder());
    printf(
        "Twelve animals, a task each, and the task that started them. Ctrl-\\ "
        "shows\nwhere each task waits; here it is pressed once, when half of "
        "the animals have\nanswered.\n");
    fflush(stdout);
    pid_t requester = fork();
    if (requester == 0) {
        request_dump(farm, pid_path);
        _exit(0);
    }
    int error = runner_run(argv, RUN_TERMINAL, 0, &cost);
    if (requester > 0) {
        kill(requester, SIGTERM);
        waitpid(requester, NULL, 0);
    }
    printf("At that moment the tasks were here:\n");
    print_file(dump_path);
    remove(pid_path);
    remove(dump_path);
    return error != 0
        ? error_print(EXIT_SOME_FAILED, "harness", "cannot run %s", animals)
        : cost.code;
}
