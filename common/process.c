// process.c - limits and streams by POSIX; memory where there is a /proc.

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
// Gives us a stdout or stderr of our own that blocks, if the one that we were
// given does not: what a full pipe does not take at once would be lost. The flag
// belongs to every process that has the stream, so ours is opened once more,
// which works for pipes and terminals. (To open it must not block either: a pipe
// may have lost its reader.)
static void make_blocking(int fd)
{
    char path[32];
    struct stat status;
    int flags = fcntl(fd, F_GETFL);

    if (flags == -1 || !(flags & O_NONBLOCK) || fstat(fd, &status) == -1
        || !(S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)))
        return; // a file always blocks, and has a place where to go on
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (own == -1)
        return;
    fcntl(own, F_SETFL, flags & O_APPEND);
    dup2(own, fd);
    close(own);
}
#else
// Elsewhere /dev/fd gives the same stream, and the flag would be everybody's.
static void make_blocking(int fd)
{
    (void)fd;
}
#endif

void process_keep_standard_streams(void)
{
    // open() takes the lowest number that is free: this one, every time.
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
    // macOS says "unlimited" and refuses it; nobody here needs more than this.
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
