// capture.h - captures the output to a descriptor as text.

#ifndef CAPTURE_H
#define CAPTURE_H

#include "must.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct capture {
    FILE *file;
    int fd;
    int saved;
    char text[65536];
};

// Redirects `fd` (stdout or stderr) to a file.
static inline void capture_begin(struct capture *capture, int fd)
{
    fflush(NULL);
    capture->file = tmpfile();
    capture->fd = fd;
    capture->saved = dup(fd);
    must(capture->file != NULL && dup2(fileno(capture->file), fd) != -1);
}

// Returns the output so far.
static inline const char *capture_text(struct capture *capture)
{
    ssize_t n = pread(
        fileno(capture->file), capture->text, sizeof(capture->text) - 1, 0);

    capture->text[n > 0 ? n : 0] = '\0';
    return capture->text;
}

// Undoes the redirection. Returns the output.
static inline const char *capture_end(struct capture *capture)
{
    fflush(NULL);
    capture_text(capture);
    dup2(capture->saved, capture->fd);
    close(capture->saved);
    fclose(capture->file);
    return capture->text;
}

#endif
