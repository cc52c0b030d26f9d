// mailbox.h - letters from other threads: a list with a descriptor that is
// readable exactly as long as the list is not empty.
//
//     struct letter { struct list_link link; ... };
//
//     mailbox_put(&box, &letter->link);          // in any thread
//
//     loop_on_fd(&watch, mailbox_fd(&box), ...); // in the thread that takes
//     while ((link = mailbox_take(&box)) != NULL)
//         read_it(LIST_MEMBER(link, struct letter, link));
//
// Putting allocates nothing and never waits for the taking thread. Signal
// handlers must not put, because of the mutex: they can use pipe_poke().

#ifndef MAILBOX_H
#define MAILBOX_H

#include "list.h"

#include <pthread.h>

struct mailbox {
    pthread_mutex_t mutex;
    int ends[2]; // a pipe: holds a byte while the list is not empty
    struct list letters; // under the mutex
};

// Returns 0, or a negative errno: then there is nothing to close.
int mailbox_open(struct mailbox *box);
void mailbox_close(struct mailbox *box); // letters in it remain their owners'

void mailbox_put(struct mailbox *box, struct list_link *letter);

// Takes the oldest letter, or returns NULL: the box is empty.
struct list_link *mailbox_take(struct mailbox *box);

static inline int mailbox_fd(const struct mailbox *box)
{
    return box->ends[0];
}

#endif
