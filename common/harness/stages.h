// stages.h - the six stages, and running one of their programs.

#ifndef STAGES_H
#define STAGES_H

#include "runner.h"
#include "slice.h"

#include <stdbool.h>

struct stage {
    int number; // 0: a baseline
    const char *folder; // of the sources; of the programs, in the build folder
    const char *name;
    const char *motto;
};

enum { NUM_STAGES = 6 };

extern const struct stage stages[NUM_STAGES]; // in order, from number 1

// The same programs on libcurl, for comparison; built if libcurl is installed.
enum { NUM_BASELINES = 3 };

extern const struct stage baselines[NUM_BASELINES]; // libcurl multi first

bool stage_is_built(const struct stage *stage);

// The command line of a program to run.
struct command {
    char path[4096];
    char json[4096];
    const char *argv[24];
    int argc;
};

// Begins the command line of a stage's "animals" or "crawl", with --json into
// the build folder. Words and values must stay valid until the command has run.
void command_begin(
    struct command *command, const struct stage *stage, const char *program);
void command_word(struct command *command, const char *word);

// An empty value leaves the option out.
void command_option(
    struct command *command, const char *name, const char *value);

// The result of a command: its cost, and its JSON.
struct result {
    struct cost cost;
    char *text; // owned; NULL: the program wrote no JSON
    struct slice json; // all of `text`
};

// Runs the command with the flags of runner_run(). Returns its exit code. Call
// result_free() afterwards, also after a failure.
int command_run(struct command *command, int flags, struct result *result);

// Returns a number of the JSON's "timing", such as "wall_s", or 0 if absent.
double result_number(const struct result *result, const char *name);
double result_cpu(const struct result *result); // seconds, user and system

void result_free(struct result *result);

// Crawls the farm's /site/ with `crawl -q`.
int crawl_site(
    const struct stage *stage, const struct farm *farm, struct result *result);

#endif
