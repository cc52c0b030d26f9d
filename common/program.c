// program.c - set-up before the first fetch, in an order in which each step can
// still fail cleanly; report and clean-up after the last fetch.

#include "program.h"

#include "errors.h"
#include "interrupt.h"
#include "json.h"
#include "live.h"
#include "net.h"
#include "process.h"
#include "species.h"
#include "timing.h"
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static FILE *json; // opened at the start, to find a bad path before the crawl
static int descriptors_at_start;

// --- Beginning -------------------------------------------------------------

// Each fetch in flight needs a descriptor. Stage 6 needs the most descriptors
// besides these: three standard streams, --json, --trace, epoll and three pipes
// (Ctrl-C, Ctrl-\, look-up threads) make twelve; each of the four look-up
// threads needs another.
enum { OTHER_DESCRIPTORS = 16, MANY_INHERITED = 1024 };

// Counts inherited descriptors besides the standard streams, but only below
// MANY_INHERITED: the limit may be a million.
static int inherited_descriptors(int limit)
{
    int n = 0;

    for (int fd = STDERR_FILENO + 1; fd < limit && fd < MANY_INHERITED; fd++)
        n += fcntl(fd, F_GETFD) != -1;
    return n;
}

static void clamp_max_tasks(struct options *options)
{
    int limit = process_raise_descriptor_limit();
    int most = limit - OTHER_DESCRIPTORS;
    int wanted = options->max_tasks;

    if (wanted == INT_MAX) // all animals
        wanted = options->count > 0      ? options->count
            : options->num_arguments > 0 ? options->num_arguments
                                         : NUM_SPECIES;
    if (wanted > most - MANY_INHERITED)
        most -= inherited_descriptors(limit);
    // One fetch may still work: OTHER_DESCRIPTORS is the worst case.
    if (most < 1)
        most = 1;
    if (wanted > most) {
        error_print(EXIT_USAGE, options->program,
            "--max-tasks %d clamped to %d: the system allows %d open files "
            "(see ulimit -n)",
            wanted, most, limit);
    }
    if (options->max_tasks > most)
        options->max_tasks = most;
}

static int begin(struct options *options, const char *stage,
    const char *program, int argc, char **argv)
{
    int error;

    process_keep_standard_streams();
    int code = options_parse(options, program, argc, argv);
    if (code != OPTIONS_GO_ON)
        return code;
    options->stage = stage;
    clamp_max_tasks(options);
    // If the reader of our output or a server goes away, or a file reaches the
    // size limit, let the write fail instead of ending the program.
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < options->resolves.count; i++) {
        error = net_resolve(options->resolves.texts[i]);
        if (error != 0)
            return error_print(EXIT_USAGE, options->program, "--resolve %s: %s",
                options->resolves.texts[i],
                error == -EINVAL
                    ? "not HOST:PORT:ADDRESS with a numeric address"
                    : error_text(error));
    }
    error = interrupt_init();
    if (error != 0)
        return error_print(EXIT_USAGE, options->program,
            "cannot watch for Ctrl-C: %s", error_text(error));
    timing_start();
    return OPTIONS_GO_ON;
}

// Opens the output files. Called only after all other options have been
// checked, so that a mistyped command does not truncate the results of an
// earlier run.
static int open_files(const struct options *options)
{
    int error;

    if (options->trace != NULL) {
        error = trace_open(options->trace);
        if (error != 0)
            return error_print(EXIT_USAGE, options->program,
                "cannot write the trace to %s: %s", options->trace,
                error_text(error));
    }
    if (options->json != NULL) {
        json = strcmp(options->json, "-") == 0 ? stdout
                                               : fopen(options->json, "w");
        if (json == NULL)
            return error_print(EXIT_USAGE, options->program,
                "cannot write %s: %s", options->json, error_text(-errno));
    }
    descriptors_at_start = process_count_descriptors();
    return OPTIONS_GO_ON;
}

// Frees everything that begin() and open_files() have set up so far. Returns
// false if the trace is incomplete.
static bool finish(struct options *options)
{
    if (json != NULL && json != stdout)
        fclose(json);
    json = NULL;
    interrupt_free();
    bool complete = trace_close() == 0;
    if (!complete)
        error_print(EXIT_USAGE, options->program,
            "the trace in %s is not complete", options->trace);
    net_forget();
    options_free(options);
    return complete;
}

int program_begin_animals(struct herd *herd, struct options *options,
    const char *stage, int argc, char **argv)
{
    int code = begin(options, stage, "animals", argc, argv);

    if (code != OPTIONS_GO_ON) {
        finish(options);
        return code;
    }
    int error = herd_init(herd, options);
    if (error == 0 && open_files(options) == OPTIONS_GO_ON) {
        for (int i = 0; i < herd->count; i++)
            trace_name(i, herd->animals[i].name);
        return OPTIONS_GO_ON;
    }
    if (error == -ENOMEM)
        error_print(EXIT_USAGE, options->program, "%s", error_text(error));
    else if (error == -ENAMETOOLONG)
        error_print(
            EXIT_USAGE, options->program, "a name is too long for a URL");
    else if (error == -ENOENT)
        error_print(EXIT_USAGE, options->program,
            "a name may not be empty, \".\" or \"..\"");
    else if (error != 0)
        error_print(EXIT_USAGE, options->program,
            "--server %s: not an http URL", options->server);
    herd_free(herd);
    finish(options);
    return EXIT_USAGE;
}

// Returns the number of roots added.
static int add_roots(struct frontier *frontier, const struct options *options)
{
    int roots = 0;

    for (int i = 0; i < options->num_arguments; i++) {
        const char *root = options->arguments[i];
        char safe[256];
        int error = frontier_add_root(frontier, root);
        if (error == 0) {
            roots++;
            continue;
        }
        json_printable(safe, sizeof(safe), slice_of(root));
        error_print(EXIT_USAGE, options->program, "%s ignored: %s", safe,
            error == -EPROTONOSUPPORT ? "only http is supported"
                : error == -ENOMEM    ? error_text(error)
                                      : "not a URL");
    }
    return roots;
}

int program_begin_crawl(struct frontier *frontier, struct options *options,
    const char *stage, int argc, char **argv)
{
    char reason[128];
    int code = begin(options, stage, "crawl", argc, argv);

    if (code != OPTIONS_GO_ON) {
        finish(options);
        return code;
    }
    int error = frontier_init(frontier, options);
    if (error == -EINVAL) {
        frontier_exclude_error(options, reason, sizeof(reason));
        error_print(EXIT_USAGE, options->program, "--exclude %s: %s",
            options->exclude, reason);
    } else if (error != 0) {
        error_print(EXIT_USAGE, options->program, "%s", error_text(error));
    } else if (add_roots(frontier, options) == 0) {
        error_print(EXIT_USAGE, options->program,
            "no URL to start from; see crawl --help");
    } else if (open_files(options) == OPTIONS_GO_ON) {
        frontier->log = options->quiet ? NULL : stderr;
        frontier->is_live = !options->quiet && options->verbose == 0;
        return OPTIONS_GO_ON;
    }
    frontier_free(frontier);
    finish(options);
    return EXIT_USAGE;
}

// --- The end ---------------------------------------------------------------

// Flushes a stream. Returns false, with a message, if any write has failed.
static bool flush_output(
    const struct options *options, FILE *out, const char *name)
{
    if (fflush(out) == 0 && !ferror(out))
        return true;
    error_print(EXIT_USAGE, options->program, "cannot write all of %s", name);
    return false;
}

static void begin_json(const struct options *options)
{
    fprintf(json, "{\"stage\":\"%s\",\"program\":\"%s\",\n", options->stage,
        options->program);
}

// Records the facts common to all stages; each engine has already recorded its
// own facts.
static void record_facts(void)
{
    long asked;
    long in_vain;

    net_count(&asked, &in_vain);
    timing_fact("asked", (double)asked);
    timing_fact("in_vain", (double)in_vain);
    int left = process_count_descriptors();
    if (descriptors_at_start >= 0 && left >= 0)
        timing_fact("descriptors_left", left - descriptors_at_start);
}

// Closes the output, frees everything, and returns the exit code.
static int finish_with(struct options *options, long failures)
{
    int code = failures > 0 ? EXIT_SOME_FAILED : EXIT_FINE;

    if (json != NULL && json != stdout
        && !flush_output(options, json, options->json))
        code = EXIT_SOME_FAILED;
    if (!flush_output(options, stdout, "the output"))
        code = EXIT_SOME_FAILED;
    bool stopped = interrupted();
    if (!finish(options))
        code = EXIT_SOME_FAILED;
    return stopped ? EXIT_INTERRUPTED : code;
}

int program_end_animals(struct herd *herd, struct options *options)
{
    int failures = herd_failures(herd);

    live_clear();
    herd_print_failures(herd, stderr);
    if (interrupted() && !options->quiet)
        puts("Interrupted");
    if (json != NULL) {
        begin_json(options);
        herd_json(herd, json);
        fputs(",\n", json);
        record_facts();
        timing_json(
            json, &herd->animals->span, sizeof(*herd->animals), herd->count);
        fputs("}\n", json);
    }
    herd_free(herd);
    return finish_with(options, failures);
}

int program_end_crawl(struct frontier *frontier, struct options *options)
{
    long errors = frontier_errors(frontier);

    live_clear();
    if (frontier_forgotten(frontier) > 0)
        error_print(EXIT_SOME_FAILED, options->program,
            "the crawl ended with pages that were found, but never fetched or "
            "never finished");
    if (frontier->dropped > 0)
        error_print(EXIT_USAGE, options->program,
            "%ld URLs dropped, and the links after them on the same pages: "
            "out of memory, or over %d URLs or %d MiB",
            frontier->dropped, FRONTIER_MAX_URLS, FRONTIER_MAX_MIB);
    if (!options->quiet) {
        if (interrupted())
            puts("Interrupted");
        frontier_print(frontier, stdout, timing_wall(), timing_max_in_flight());
    }
    if (json != NULL) {
        begin_json(options);
        frontier_json(frontier, json);
        fputs(",\n", json);
        record_facts();
        timing_json(json, NULL, 0, 0);
        fputs("}\n", json);
    }
    frontier_free(frontier);
    return finish_with(options, errors);
}
