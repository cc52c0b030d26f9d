// process.c - fcntl() and open() for the streams, setrlimit() for the limit,
// /dev/fd to count descriptors, /proc/self/status for memory.

#include "process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
// Replaces a non-blocking stdout or stderr by a blocking one: otherwise output
// that a full pipe does not take at once would be lost. O_NONBLOCK is shared by
// all processes that inherited the stream, so clearing the flag would affect
// them as well. Opening the pipe or terminal once more gives us a flag of our
// own. (With O_NONBLOCK at first: open() of a pipe without reader would block.)
static void make_blocking(int fd)
{
    char path[32];
    struct stat status;
    int flags = fcntl(fd, F_GETFL);

    if (flags == -1 || !(flags & O_NONBLOCK) || fstat(fd, &status) == -1
        || !(S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)))
        return; // a regular file always blocks, and reopening loses the offset
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (own == -1)
        return;
    fcntl(own, F_SETFL, flags & O_APPEND);
    dup2(own, fd);
    close(own);
}
#else
// Elsewhere opening /dev/fd/N gives the same stream with the same shared flag.
static void make_blocking(int fd)
{
    (void)fd;
}
#endif

void process_keep_standard_streams(void)
{
    // open() returns the lowest free number, which is always fd here.
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1)
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
    make_blocking(STDOUT_FILENO);
    make_blocking(STDERR_FILENO);
}

int process_raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return 256;
    rlim_t hard = limit.rlim_max;
    // macOS reports "unlimited" but refuses to set it. A million is enough
    // here.
    if (hard == RLIM_INFINITY || hard > 1000000)
        hard = 1000000;
    while (limit.rlim_cur < hard) {
        struct rlimit raised = { .rlim_cur = hard, .rlim_max = limit.rlim_max };
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit.rlim_cur = hard;
        else
            hard /= 2;
    }
    return limit.rlim_cur < 1000000 ? (int)limit.rlim_cur : 1000000;
}

int process_count_descriptors(void)
{
    DIR *folder = opendir("/dev/fd");
    int n = -3; // ".", ".." and the descriptor of this folder

    if (folder == NULL)
        return -1;
    while (readdir(folder) != NULL)
        n++;
    closedir(folder);
    return n;
}

long process_memory_kb(const char *field)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kb = 0;

    if (file == NULL)
        return 0;
    while (kb == 0 && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, field, strlen(field)) == 0)
            kb = strtol(line + strlen(field), NULL, 10);
    }
    fclose(file);
    return kb;
}
