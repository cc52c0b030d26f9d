// runner.h - starts programs, measures them from outside, ends them again.

#ifndef RUNNER_H
#define RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// A farm that runs as long as we hold on to it: when this process ends, for
// whatever reason, the farm's lifeline is cut and it ends too.
struct farm {
    pid_t pid;
    int lifeline;
    char address[64]; // "http://127.0.0.1:41234"
};

// Starts the farm of the build folder `build` on a free port and returns once
// it listens. `pace` is passed on. Returns 0 or a negative errno.
int farm_start(struct farm *farm, const char *build, const char *pace);

// Stops it and waits for its end. A zeroed farm is fine.
void farm_stop(struct farm *farm);

enum {
    RUN_QUIET = 1, // stdout goes to /dev/null
    RUN_TERMINAL = 2, // Ctrl-C and Ctrl-\ go to it, and not to us
};

// What a program cost, as the kernel accounts for it (wait4).
struct cost {
    double wall;
    double cpu_user;
    double cpu_sys;
    long switches; // voluntary and not
    int code; // exit code, or 128 + the signal that ended it
    bool timed_out;
    bool interrupted; // we got Ctrl-C or SIGTERM while it ran
};

// Runs argv[0] with argv, in a process group of its own, waits for its end and
// fills in *cost. After `limit` seconds (0: never) it is killed. If it crashes,
// stderr says so. Returns 0; a negative errno if it could not be started (exit
// code 127 is taken for -ENOENT); -ECHILD if nobody knows how it ended.
int runner_run(char *const argv[], int flags, double limit, struct cost *cost);

// Reads a whole file, with a NUL behind it. The caller frees it; NULL: errno
// says why not.
char *runner_read_file(const char *path, size_t *len);

// The body of GET `path` from the farm, with a NUL behind it, waiting for it.
// The caller frees it. NULL: no answer.
char *farm_get(const struct farm *farm, const char *path);

#endif
