// pipe.c - a pipe with two non-blocking ends, both closed on exec.

#include "pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int pipe_open(int ends[2])
{
    if (pipe(ends) == -1)
        return -errno;
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    }
    return 0;
}

void pipe_poke(int write_end)
{
    int saved = errno;

    while (write(write_end, "!", 1) == -1 && errno == EINTR)
        ;
    errno = saved;
}

void pipe_drain(int read_end)
{
    char bytes[64];

    while (read(read_end, bytes, sizeof(bytes)) > 0)
        ;
}

void pipe_close(int ends[2])
{
    for (int i = 0; i < 2; i++) {
        if (ends[i] != -1)
            close(ends[i]);
        ends[i] = -1;
    }
}
