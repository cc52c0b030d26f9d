// harness.c - starts the farm, runs stages against it, prints and draws.
//
//     harness stage N          one stage: animals, crawl, timeline, numbers
//     harness play N WORD...   the participant's copy; the WORDs go to animals
//     harness predict N        one stage, and three numbers to guess before
//     harness compare          all stages side by side
//     harness crowd            ten thousand clients of the farm's one thread
//     harness where            the waits of stage 6's tasks, and their places
//     harness replay FOLDER... records runs, for the page of make replay
//     harness run PROGRAM...   an example, with a farm in $FARM
//     harness count PROGRAM... the same, and the requests that the farm counts
//     harness hangs PROGRAM... ten runs of a program, counting those that hang
//
// For scripts that `harness run` has started:
//
//     harness within SECONDS PROGRAM...  ends the program after that time: 124
//     harness get PATH                   prints an answer of the farm in $FARM
//
// `make` passes on BUILD, STAGE, N, DELAY, PACE, TASKS, TYPING, SELECTOR and
// BASELINES in the environment.

#include "command_line.h"
#include "compare.h"
#include "crowd.h"
#include "errors.h"
#include "json.h"
#include "live.h"
#include "process.h"
#include "replay.h"
#include "settings.h"
#include "show.h"
#include "stages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

// Runs an example, then prints how many requests and connections the farm has
// seen.
static int count_requests(const struct farm *farm, char *const argv[])
{
    int code = run_example(argv);
    char *stats = farm_get(farm, "/stats");

    if (stats != NULL)
        printf("The farm has answered %.0f requests on %.0f connections.\n",
            json_number(slice_of(stats), "responses", 0),
            json_number(slice_of(stats), "connections", 0));
    free(stats);
    return code;
}

// Runs a program RUNS times and counts the runs that take over LIMIT seconds.
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

// --- For scripts -----------------------------------------------------------

// Runs a program for so many seconds at most, and returns its exit code. A
// script cannot do that itself and leave nothing behind after Ctrl-C.
static int run_within(const char *seconds, char *const argv[])
{
    enum { OUT_OF_TIME = 124, NO_PROGRAM = 127 };
    struct cost cost;

    if (seconds == NULL || argv[0] == NULL)
        return error_print(EXIT_USAGE, "harness", "within: which program?");
    if (runner_run(argv, RUN_IMPATIENT, atof(seconds), &cost) != 0)
        return NO_PROGRAM;
    if (cost.interrupted)
        return EXIT_INTERRUPTED;
    if (!cost.timed_out)
        return cost.code;
    return error_print(OUT_OF_TIME, "harness",
        "still running after %s s, %.1f s of CPU", seconds,
        cost.cpu_user + cost.cpu_sys);
}

// Prints the body of GET `path` from the farm that runs already.
static int get(const char *path)
{
    struct farm farm = { .lifeline = -1 };
    const char *address = getenv("FARM");

    snprintf(farm.address, sizeof(farm.address), "%s",
        address != NULL ? address : "");
    char *body = farm_get(&farm, path);
    if (body == NULL)
        return error_print(
            EXIT_SOME_FAILED, "harness", "no answer to %s", path);
    fputs(body, stdout);
    free(body);
    return EXIT_FINE;
}

// --- main ------------------------------------------------------------------

// Runs the command "stage", "play" or "predict" on one stage.
static int run_stage_command(const struct farm *farm, const char *command,
    int number, char *const words[])
{
    if (number < 1 || number > NUM_STAGES)
        return error_print(
            EXIT_USAGE, "harness", "stages are numbered 1 to %d", NUM_STAGES);
    const struct stage *stage = &stages[number - 1];
    if (!stage_is_built(stage))
        return error_print(EXIT_SOME_FAILED, "harness",
            "stage %d, %s, is not built; `make` builds it", number,
            stage->folder);
    if (strcmp(command, "play") == 0)
        return show_play(stage, farm, words);
    if (strcmp(command, "predict") == 0)
        return show_predict(stage, farm);
    return show_stage(stage, farm);
}

static int dispatch(const struct farm *farm, int argc, char **argv)
{
    const char *command = argv[1];

    if (strcmp(command, "compare") == 0)
        return compare(farm);
    if (strcmp(command, "crowd") == 0)
        return crowd(farm);
    if (strcmp(command, "where") == 0)
        return where(farm);
    if (strcmp(command, "replay") == 0)
        return replay(farm, argv + 2);
    if (strcmp(command, "run") == 0)
        return run_example(argv + 2);
    if (strcmp(command, "count") == 0)
        return count_requests(farm, argv + 2);
    if (strcmp(command, "hangs") == 0)
        return count_hangs(argv + 2);
    if (strcmp(command, "stage") == 0 || strcmp(command, "play") == 0
        || strcmp(command, "predict") == 0)
        return run_stage_command(farm, command, argc > 2 ? atoi(argv[2]) : 0,
            argv + (argc > 2 ? 3 : 2));
    return error_print(
        EXIT_USAGE, "harness", "unknown command \"%s\"", command);
}

int main(int argc, char **argv)
{
    struct farm farm;

    process_keep_standard_streams();
    if (argc < 2)
        return error_print(EXIT_USAGE, "harness",
            "usage: harness stage N | play N WORD... | predict N | compare | "
            "crowd | where | replay FOLDER... | run PROGRAM... | "
            "count PROGRAM... | hangs PROGRAM... | within SECONDS PROGRAM... | "
            "get PATH");
    if (strcmp(argv[1], "within") == 0)
        return run_within(argv[2], argv + (argc > 2 ? 3 : 2));
    if (strcmp(argv[1], "get") == 0)
        return get(argc > 2 ? argv[2] : "/stats");
    int error =
        farm_start(&farm, settings_build_folder(), settings_get("PACE", "1"));
    if (error == -ECHILD)
        return error_print(EXIT_SOME_FAILED, "harness",
            "the farm ended at once; the line above gives the reason");
    if (error != 0)
        return error_print(EXIT_SOME_FAILED, "harness",
            "the farm does not start: %s", error_text(error));
    setenv("FARM", farm.address, 1);
    int code = dispatch(&farm, argc, argv);
    farm_stop(&farm);
    return code;
}
