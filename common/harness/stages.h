// stages.h - the six stages, and running one of their programs.

#ifndef STAGES_H
#define STAGES_H

#include "runner.h"
#include "slice.h"

#include <stdbool.h>

struct stage {
    int number; // 0: none of ours
    const char *folder; // its programs are there in the build folder
    const char *name;
    const char *motto;
};

enum { NUM_STAGES = 6 };

extern const struct stage stages[NUM_STAGES]; // in order, from number 1

// The same programs on libcurl, for comparison: where libcurl is installed.
enum { NUM_BASELINES = 3 };

extern const struct stage baselines[NUM_BASELINES]; // the usual one first

bool stage_is_built(const struct stage *stage);

// A program that is about to be run.
struct command {
    char path[4096];
    char json[4096];
    const char *argv[24];
    int argc;
};

// Begins the command line of "animals" or "crawl" of a stage, with --json into
// the build folder. Words and values are borrowed until the command has run.
void command_begin(
    struct command *command, const struct stage *stage, const char *program);
void command_word(struct command *command, const char *word);

// An empty value leaves the option out.
void command_option(
    struct command *command, const char *name, const char *value);

// What became of it: what it cost, and what it said in its JSON.
struct result {
    struct cost cost;
    char *text; // owned; NULL: it wrote none
    struct slice json;
};

// Runs it; `flags` are those of runner_run(). Returns its exit code.
// result_free() is due in any case.
int command_run(struct command *command, int flags, struct result *result);

// A number of the JSON's "timing", such as "wall_s"; 0 if there is none.
double result_number(const struct result *result, const char *name);
double result_cpu(const struct result *result); // seconds, user and system

void result_free(struct result *result);

// A crawl of the farm's /site/, quietly.
int crawl_site(
    const struct stage *stage, const struct farm *farm, struct result *result);

#endif
