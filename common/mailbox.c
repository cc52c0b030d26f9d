// mailbox.c - a list and a pipe, changed together under a mutex.

#include "mailbox.h"

#include "pipe.h"

int mailbox_open(struct mailbox *box)
{
    int error = pipe_open(box->ends);

    if (error != 0)
        return error;
    box->letters = (struct list){ .first = NULL };
    error = pthread_mutex_init(&box->mutex, NULL);
    if (error != 0)
        pipe_close(box->ends);
    return -error;
}

void mailbox_close(struct mailbox *box)
{
    pipe_close(box->ends);
    pthread_mutex_destroy(&box->mutex);
}

// Only the first letter needs a byte: the pipe never fills up.
void mailbox_put(struct mailbox *box, struct list_link *letter)
{
    pthread_mutex_lock(&box->mutex);
    if (box->letters.first == NULL)
        pipe_poke(box->ends[1]);
    list_append(&box->letters, letter);
    pthread_mutex_unlock(&box->mutex);
}

struct list_link *mailbox_take(struct mailbox *box)
{
    pthread_mutex_lock(&box->mutex);
    struct list_link *letter = box->letters.first;
    if (letter != NULL) {
        list_remove(&box->letters, letter);
        if (box->letters.first == NULL)
            pipe_drain(box->ends[0]);
    }
    pthread_mutex_unlock(&box->mutex);
    return letter;
}
