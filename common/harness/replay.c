// replay.c - runs the animals with --trace and writes the page. The frame is
// common/replay/replay.html: a line "<!-- FILE -->" is replaced by FILE, and
// "<!-- recordings -->" by a JSON object for each run:
//
//     names      [task, "name"] for each task
//     tables     the distinct texts of the events: kinds, places, await chains
//     columns    an array for each fact of the events; a text is given by the
//                index in its table, -1 for none
//     output     everything the program printed
//     result     the --json file of the run, with spans and facts
//     files      the sources named in the events
//
// A trace repeats its keys in each line; columns take a tenth of the space.

#include "replay.h"

#include "command_line.h"
#include "errors.h"
#include "json.h"
#include "live.h"
#include "settings.h"
#include "stages.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifdef __linux__
#define DEFAULT_SELECTOR "epoll"
#else
#define DEFAULT_SELECTOR "poll"
#endif

#define PAGE_FOLDER "common/replay"

enum { PATH_SIZE = 4096, MOST_TEXTS = 512 };

// --- Events as columns -------------------------------------------------------

enum column { TIME, TASK, THREAD, ABOUT, KIND, AT, IN, CHAIN, NUM_COLUMNS };

// The columns from KIND on have a table.
static const struct {
    const char *name;
    const char *path; // in an event of the trace
} columns[NUM_COLUMNS] = {
    [TIME] = { "time", "ts" }, // microseconds since the event before
    [TASK] = { "task", "args/task" },
    [THREAD] = { "thread", "args/thread" },
    [ABOUT] = { "about", NULL }, // see about()
    [KIND] = { "kind", "name" },
    [AT] = { "at", "args/at" },
    [IN] = { "in", "args/in" },
    [CHAIN] = { "chain", "args/chain" },
};

struct events {
    FILE *columns[NUM_COLUMNS]; // numbers with commas between them
    char *text[NUM_COLUMNS];
    size_t len[NUM_COLUMNS];
    struct slice table[NUM_COLUMNS][MOST_TEXTS]; // JSON values of the trace
    int count[NUM_COLUMNS];
    int num_events;
    long long now;
};

// Returns the index of the text in the column's table, or -1 if there is no
// text or no room.
static int find_or_add_text(
    struct events *events, enum column column, struct slice text)
{
    int i = 0;

    while (i < events->count[column]
        && !slice_equal(events->table[column][i], text))
        i++;
    if (text.at == NULL || i == MOST_TEXTS)
        return -1;
    if (i == events->count[column])
        events->table[column][events->count[column]++] = text;
    return i;
}

// Some kinds of events have a number: a descriptor, milliseconds, a letter, or
// the task that wakes another task.
static double about(struct slice event)
{
    static const char *const paths[] = {
        "args/fd",
        "args/timer",
        "args/letter",
        "args/by",
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        if (json_find(event, paths[i]).at != NULL)
            return json_number(event, paths[i], 0);
    }
    return 0;
}

static double value_of(
    struct events *events, enum column column, struct slice event)
{
    const char *path = columns[column].path;

    if (column == ABOUT)
        return about(event);
    if (column >= KIND)
        return find_or_add_text(events, column, json_find(event, path));
    double value = json_number(event, path, 0);
    if (column != TIME)
        return value;
    long long before = events->now;
    events->now = (long long)(value + 0.5);
    return (double)(events->now - before);
}

static void add_event(struct events *events, struct slice event)
{
    const char *comma = events->num_events++ > 0 ? "," : "";

    for (enum column column = 0; column < NUM_COLUMNS; column++)
        fprintf(events->columns[column], "%s%.0f", comma,
            value_of(events, column, event));
}

// A trace has one object a line, between "[" and "]". An event has a place; the
// other objects are names, and the slices for trace viewers, which are skipped.
static void read_trace(struct slice trace, struct events *events, FILE *names)
{
    const char *end = trace.at + trace.len;
    const char *comma = "";

    for (const char *at = trace.at; at < end; at++) {
        const char *eol = memchr(at, '\n', (size_t)(end - at));
        struct slice line = { at, (size_t)((eol != NULL ? eol : end) - at) };
        struct slice name = json_find(line, "args/name");
        if (json_find(line, "args/at").at != NULL) {
            add_event(events, line);
        } else if (name.at != NULL && json_find(line, "args/task").at != NULL) {
            fprintf(names, "%s[%.0f,%.*s]", comma,
                json_number(line, "args/task", 0), (int)name.len, name.at);
            comma = ",";
        }
        at += line.len;
    }
}

static void print_tables(FILE *to, const struct events *events)
{
    fprintf(to, "\"tables\":{");
    for (enum column column = KIND; column < NUM_COLUMNS; column++) {
        fprintf(
            to, "%s\n\"%s\":[", column > KIND ? "," : "", columns[column].name);
        for (int i = 0; i < events->count[column]; i++) {
            struct slice text = events->table[column][i];
            fprintf(to, "%s%.*s", i > 0 ? ",\n" : "", (int)text.len, text.at);
        }
        fprintf(to, "]");
    }
    fprintf(to, "},\n");
}

static int print_events(FILE *to, struct slice trace)
{
    struct events *events = calloc(1, sizeof(*events));
    int opened = 0;

    if (events == NULL)
        return -ENOMEM;
    while (opened < NUM_COLUMNS
        && (events->columns[opened] =
                   open_memstream(&events->text[opened], &events->len[opened]))
            != NULL)
        opened++;
    if (opened == NUM_COLUMNS) {
        fprintf(to, "\"names\":[");
        read_trace(trace, events, to);
        fprintf(to, "],\n");
        print_tables(to, events);
        fprintf(to, "\"columns\":{");
    }
    int error = opened < NUM_COLUMNS ? -ENOMEM
        : events->num_events == 0    ? -ENODATA
                                     : 0;
    for (int column = 0; column < opened; column++) {
        if (fclose(events->columns[column]) != 0)
            error = -ENOMEM;
        else
            fprintf(to, "%s\n\"%s\":[%s]", column > 0 ? "," : "",
                columns[column].name, events->text[column]);
        free(events->text[column]);
    }
    fprintf(to, "},\n");
    free(events);
    return error;
}

// --- One recording -----------------------------------------------------------

struct recording {
    struct stage stage; // with the requested folder
    char trace[PATH_SIZE];
    char output[PATH_SIZE];
    struct result result;
};

// Runs the animals through a shell that sends their output to a file.
static int record(struct recording *recording, const struct farm *farm)
{
    struct command animals;
    struct command shell;
    const char *build = settings_build_folder();
    const char *folder = recording->stage.folder;

    snprintf(recording->trace, PATH_SIZE, "%s/%s/trace.json", build, folder);
    snprintf(recording->output, PATH_SIZE, "%s/%s/output.txt", build, folder);
    remove(recording->trace);
    command_begin(&animals, &recording->stage, "animals");
    shell = animals;
    shell.argc = 0;
    command_word(&shell, "/bin/sh");
    command_word(&shell, "-c");
    command_word(&shell, "exec \"$@\" >\"$0\"");
    command_word(&shell, recording->output);
    for (int i = 0; i < animals.argc; i++)
        command_word(&shell, animals.argv[i]);
    command_option(&shell, "--trace", recording->trace);
    command_option(&shell, "--server", farm->address);
    command_option(&shell, "--count", settings_get("N", ""));
    command_option(&shell, "--delay", settings_get("DELAY", ""));
    command_option(&shell, "--max-tasks", settings_get("TASKS", ""));
    command_option(&shell, "--typing", settings_get("TYPING", "4"));
    live_show("recording %s", folder);
    int code = command_run(&shell, 0, &recording->result);
    live_clear();
    return code;
}

// The name of the call in which the thread of a loop sleeps.
static const char *sleeps_in(const struct stage *stage)
{
    const char *selector = settings_get("SELECTOR", DEFAULT_SELECTOR);

    return stage->number == 3 || strcmp(selector, "poll") == 0 ? "poll()"
                                                               : "epoll_wait()";
}

// Does the trace name this source? The loop's source is always needed: the
// thread sleeps there.
static bool is_named(const char *file, const char *trace)
{
    char place[300];
    size_t len = strlen(file);

    if (len < 3 || len > 256 || strcmp(file + len - 2, ".c") != 0)
        return false;
    snprintf(place, sizeof(place), "\"%s:", file);
    return strcmp(file, "loop.c") == 0 || strstr(trace, place) != NULL;
}

static void print_files(FILE *to, const char *folder, const char *trace)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    const char *comma = "";

    fprintf(to, "\"files\":{");
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char path[PATH_SIZE];
        size_t len;
        if (!is_named(entry->d_name, trace))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        char *text = runner_read_file(path, &len);
        fprintf(to, "%s\n\"%s\":", comma, entry->d_name);
        json_string(to, (struct slice){ text, len });
        free(text);
        comma = ",";
    }
    if (dir != NULL)
        closedir(dir);
    fprintf(to, "}}\n");
}

// Returns 0 or a negative errno.
static int print_recording(FILE *to, const struct recording *recording)
{
    const struct stage *stage = &recording->stage;
    size_t trace_len;
    size_t output_len;
    char *trace = runner_read_file(recording->trace, &trace_len);
    char *output = runner_read_file(recording->output, &output_len);
    int error = trace == NULL || output == NULL ? -errno : 0;

    if (error == 0) {
        fprintf(to,
            "{\"number\":%d,\n\"name\":\"%s\",\n\"motto\":\"%s\",\n"
            "\"folder\":\"%s\",\n\"call\":\"%s\",\n\"output\":",
            stage->number, stage->name, stage->motto, stage->folder,
            sleeps_in(stage));
        json_string(to, (struct slice){ output, output_len });
        fprintf(to, ",\n\"result\":%.*s,\n", (int)recording->result.json.len,
            recording->result.json.at);
        error = print_events(to, (struct slice){ trace, trace_len });
    }
    if (error == 0)
        print_files(to, stage->folder, trace);
    free(trace);
    free(output);
    return error;
}

// --- The page ----------------------------------------------------------------

// Returns 0 or a negative errno. In JSON, "<" occurs only in strings, where
// \u003c means the same: no string can then end the script element around the
// JSON.
static int put_in_script(FILE *page, const struct recording *recording)
{
    char *json = NULL;
    size_t len;
    FILE *out = open_memstream(&json, &len);

    if (out == NULL)
        return -ENOMEM;
    int error = print_recording(out, recording);
    if (fclose(out) != 0)
        error = -ENOMEM;
    if (error == 0) {
        fprintf(page,
            "<script type=\"application/json\" class=\"recording\">\n");
        for (const char *at = json; *at != '\0'; at++) {
            if (*at == '<')
                fputs("\\u003c", page);
            else
                putc(*at, page);
        }
        fprintf(page, "</script>\n");
    }
    free(json);
    return error;
}

// Returns a part of the page, to be freed; NULL after a message.
static char *read_part(const char *name)
{
    char path[PATH_SIZE];
    size_t len;

    snprintf(path, sizeof(path), PAGE_FOLDER "/%s", name);
    char *text = runner_read_file(path, &len);
    if (text == NULL)
        error_print(EXIT_SOME_FAILED, "harness", "%s cannot be read: %s", path,
            error_text(-errno));
    return text;
}

static int put_file(FILE *page, const char *name)
{
    char *text = read_part(name);

    if (text == NULL)
        return EXIT_SOME_FAILED;
    fputs(text, page);
    free(text);
    return 0;
}

// Writes the page, with files and recordings in place of their lines.
static int put_page(FILE *page, const char *recordings)
{
    char *frame = read_part("replay.html");
    int code = 0;

    if (frame == NULL)
        return EXIT_SOME_FAILED;
    for (char *line = strtok(frame, "\n"); line != NULL && code == 0;
         line = strtok(NULL, "\n")) {
        char name[64];
        if (strcmp(line, "<!-- recordings -->") == 0)
            fputs(recordings, page);
        else if (sscanf(line, "<!-- %63[a-z.] -->", name) == 1)
            code = put_file(page, name);
        else
            fprintf(page, "%s\n", line);
    }
    free(frame);
    return code;
}

// The stage of a folder or of a copy, by the last part of the path; or NULL.
static const struct stage *stage_of(const char *folder)
{
    const char *slash = strrchr(folder, '/');
    const char *name = slash != NULL ? slash + 1 : folder;

    for (int i = 0; i < NUM_STAGES; i++) {
        if (strcmp(stages[i].folder, name) == 0)
            return &stages[i];
    }
    return NULL;
}

// Records a run of this folder and appends the recording.
static int add_recording(
    FILE *recordings, const struct farm *farm, const char *folder)
{
    const struct stage *stage = stage_of(folder);
    struct recording recording;

    if (stage == NULL)
        return error_print(EXIT_USAGE, "harness",
            "%s is neither a stage nor a copy of one", folder);
    recording.stage = *stage;
    recording.stage.folder = folder;
    int code = record(&recording, farm);
    if (code > 128 || recording.result.text == NULL) {
        code = code != 0 ? code : EXIT_SOME_FAILED;
    } else {
        int error = put_in_script(recordings, &recording);
        code = error == 0
            ? 0
            : error_print(EXIT_SOME_FAILED, "harness",
                "%s has left no recording: %s", folder, error_text(error));
    }
    result_free(&recording.result);
    return code;
}

static int write_page(const char *recordings, int runs)
{
    char path[PATH_SIZE];
    struct stat written;

    snprintf(path, sizeof(path), "%s/replay.html", settings_build_folder());
    FILE *page = fopen(path, "w");
    int code = page != NULL ? put_page(page, recordings) : 0;
    if (page == NULL || fclose(page) != 0)
        return error_print(EXIT_SOME_FAILED, "harness",
            "%s cannot be written: %s", path, error_text(-errno));
    if (code == 0 && stat(path, &written) == 0)
        printf("%s holds %d recorded run%s (%lld KB). Open it in a browser.\n",
            path, runs, runs == 1 ? "" : "s",
            (long long)written.st_size / 1000);
    return code;
}

int replay(const struct farm *farm, char *const folders[])
{
    char *text = NULL;
    size_t len;
    FILE *recordings = open_memstream(&text, &len);
    int code = 0;
    int runs = 0;

    if (folders[0] == NULL)
        code = error_print(EXIT_USAGE, "harness", "which folders?");
    for (; recordings != NULL && code == 0 && folders[runs] != NULL; runs++)
        code = add_recording(recordings, farm, folders[runs]);
    if ((recordings == NULL || fclose(recordings) != 0) && code == 0)
        code = error_print(
            EXIT_SOME_FAILED, "harness", "no memory for the recordings");
    if (code == 0)
        code = write_page(text, runs);
    free(text);
    return code;
}
