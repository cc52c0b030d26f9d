// runner.h - starts the farm and other programs, and measures and ends them.

#ifndef RUNNER_H
#define RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// A running farm. Only this process holds the write end of the lifeline, a
// pipe: when this process ends, even by a crash, the farm ends, too.
struct farm {
    pid_t pid;
    int lifeline;
    char address[64]; // "http://127.0.0.1:41234"
};

// Starts the farm of the build folder `build` on a free port with --pace
// `pace`, and returns as soon as the farm listens. Returns 0 or a negative
// errno; -ECHILD: the farm has ended, with a message on stderr.
int farm_start(struct farm *farm, const char *build, const char *pace);

// Stops the farm and waits for its end. Does nothing to a zeroed farm.
void farm_stop(struct farm *farm);

enum {
    RUN_QUIET = 1, // stdout goes to /dev/null
    RUN_TERMINAL = 2, // Ctrl-C and Ctrl-\ go to the program, not to us
    RUN_IMPATIENT = 4, // Ctrl-C and SIGTERM kill the program
};

// The cost of a run, mostly as measured by the kernel (wait4), and the way in
// which the run ended.
struct cost {
    double wall;
    double cpu_user;
    double cpu_sys;
    long switches; // context switches, voluntary and involuntary
    int code; // exit code, or 128 + the signal that ended the program
    bool timed_out;
    bool interrupted; // this process got Ctrl-C or SIGTERM during the run
};

// Runs argv[0] with argv in a process group of its own, waits for its end and
// fills in *cost. Kills the program after `limit` seconds (0: no limit). Prints
// a crash on stderr. Returns 0; a negative errno if the program could not be
// started (exit code 127 counts as -ENOENT); -ECHILD if its exit status is
// unknown.
int runner_run(char *const argv[], int flags, double limit, struct cost *cost);

// Returns the contents of a file, NUL-terminated; the caller frees them. NULL
// with errno set on failure.
char *runner_read_file(const char *path, size_t *len);

// Asks the farm for `path` and waits for the answer. Returns the body,
// NUL-terminated; the caller frees the body. NULL if there is no answer.
char *farm_get(const struct farm *farm, const char *path);

#endif
