// stages.c - the table of stages; builds a command line, runs the program and
// reads its JSON.

#include "stages.h"

#include "command_line.h"
#include "errors.h"
#include "json.h"
#include "settings.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct stage stages[] = {
    { 1, "01-blocking", "blocking",
        "wait in the system call, one thing at a time." },
    { 2, "02-threads", "threads",
        "wait in the system call, twelve times at once." },
    { 3, "03-nonblocking", "nonblocking",
        "never wait in a call; ask poll() who is ready." },
    { 4, "04-callbacks", "callbacks", "the event loop waits, and calls you." },
    { 5, "05-coroutines", "coroutines",
        "a function that stops in the middle, and goes on." },
    { 6, "06-async-await-style", "async/await",
        "the code of stage 1 again, with the waits marked." },
};

const struct stage baselines[] = {
    { 0, "bench/libcurl/multi", "libcurl multi", "curl_multi_poll()" },
    { 0, "bench/libcurl/socket", "libcurl socket",
        "curl_multi_socket_action() on epoll" },
    { 0, "bench/libcurl/easy", "libcurl easy", "one after another" },
};

static void program_path(
    char *path, size_t size, const struct stage *stage, const char *program)
{
    snprintf(path, size, "%s/%s/%s", settings_build_folder(), stage->folder,
        program);
}

bool stage_is_built(const struct stage *stage)
{
    char path[4096];

    program_path(path, sizeof(path), stage, "animals");
    return access(path, X_OK) == 0;
}

double result_cpu(const struct result *result)
{
    return result->cost.cpu_user + result->cost.cpu_sys;
}

void result_free(struct result *result)
{
    free(result->text);
    *result = (struct result){ .text = NULL };
}

double result_number(const struct result *result, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "timing/%s", name);
    return json_number(result->json, path, 0);
}

void command_word(struct command *command, const char *word)
{
    // The last place stays NULL, for execv().
    assert(command->argc + 1
        < (int)(sizeof(command->argv) / sizeof(*command->argv)));
    command->argv[command->argc++] = word;
}

void command_option(
    struct command *command, const char *name, const char *value)
{
    if (*value == '\0')
        return;
    command_word(command, name);
    command_word(command, value);
}

void command_begin(
    struct command *command, const struct stage *stage, const char *program)
{
    *command = (struct command){ .argc = 0 };
    program_path(command->path, sizeof(command->path), stage, program);
    if (strncmp(stage->folder, "play/", 5) == 0)
        snprintf(command->json, sizeof(command->json), "%s/%s/%s.json",
            settings_build_folder(), stage->folder, program);
    else
        snprintf(command->json, sizeof(command->json), "%s/%s-%d.json",
            settings_build_folder(), program,
            stage->number); // 0 for a baseline
    command_word(command, command->path);
    command_option(command, "--json", command->json);
    command_option(command, "--selector", settings_get("SELECTOR", ""));
}

int command_run(struct command *command, int flags, struct result *result)
{
    size_t len;

    *result = (struct result){ .text = NULL };
    remove(command->json);
    int error =
        runner_run((char *const *)command->argv, flags, 0, &result->cost);
    if (error != 0)
        return error_print(EXIT_SOME_FAILED, "harness",
            "%s cannot be run; `make` builds it", command->path);
    result->text = runner_read_file(command->json, &len);
    if (result->text != NULL)
        result->json = (struct slice){ result->text, len };
    else if (result->cost.code == 0)
        return error_print(EXIT_SOME_FAILED, "harness",
            "%s has left no results in %s", command->path, command->json);
    return result->cost.code;
}

int crawl_site(
    const struct stage *stage, const struct farm *farm, struct result *result)
{
    struct command command;
    char root[128];

    command_begin(&command, stage, "crawl");
    command_word(&command, "-q");
    command_option(&command, "--max-tasks", settings_get("TASKS", ""));
    snprintf(root, sizeof(root), "%s/site/", farm->address);
    command_word(&command, root);
    return command_run(&command, RUN_QUIET, result);
}
