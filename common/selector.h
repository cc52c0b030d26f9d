// selector.h - waits until one of many descriptors is ready, as Python's module
// `selectors` does.
//
//     selector_set(selector, fd, SELECT_READ, connection);
//     selector_wait(selector, deadline);
//     while (selector_next(selector, &event))
//         serve(event.data, event.ready);
//
// Each descriptor can have two waiters, a reader and a writer. A waiter is
// identified by its `data`, which the events carry.
//
//               reader        writer
//     fd 7   [ connection  |            ]   an event for each direction that
//     fd 8   [ pump        | pump       ]   is ready, or a single event if both
//     fd 9   [             | greeting   ]   directions have the same data
//
// Level-triggered: a descriptor is reported in each round as long as it is
// ready. selector_next() checks each event again: if an earlier event of the
// round made the program forget, close or reopen a descriptor, no event for the
// descriptor follows.
//
// All memory is allocated in selector_new(); later calls fail with -ENOMEM only
// if the kernel lacks memory. The backends, epoll and poll, implement the
// interface in selector_backend.h; another backend would be another file.

#ifndef SELECTOR_H
#define SELECTOR_H

#include <stdbool.h>

enum {
    SELECT_READ = 1,
    SELECT_WRITE = 2,
};

struct selector;

struct selector_event {
    int fd;
    // SELECT_READ, SELECT_WRITE or both. After an error or hang-up, every
    // watched direction counts as ready.
    int ready;
    void *data; // as given to selector_set()
};

// `kind` is "epoll" or "poll", or NULL for the best backend of this system.
// Descriptors below `max_fds` can be watched; 0 stands for the present limit of
// the process, at most a million. Returns NULL and sets errno to
// EINVAL (no such backend on this system), ENOMEM or EMFILE.
struct selector *selector_new(const char *kind, int max_fds);

void selector_free(struct selector *selector);

// Makes `data` (NULL only with interest 0) wait until `fd` is ready for
// `interest`: SELECT_READ, SELECT_WRITE, both, or 0 to stop waiting. Makes a
// system call only if the set of directions to watch changes (a build with
// AddressSanitizer makes more). Returns 0; -EPERM if `fd` cannot be watched (a
// regular file, with epoll); -EMFILE if `fd` is not below max_fds; -ENOMEM;
// -ENOSPC.
// Aborts if other data already waits in the same direction.
int selector_set(struct selector *selector, int fd, int interest, void *data);

// Ends the wait of `data`, but leaves the descriptor registered with the
// kernel: waiting for the same direction again then needs no system call. An
// event in the meantime has no data; selector_set(selector, fd, 0, NULL) ends
// the registration.
void selector_leave(struct selector *selector, int fd, void *data);

// The data, other than `data`, that waits for `fd`, or NULL.
void *selector_other(const struct selector *selector, int fd, const void *data);

// Ends the wait of `data`, if any. Call this just before close(fd), which ends
// the registration with the kernel: so unlike selector_set() with 0, this
// function makes no system call. Aborts if other data waits for `fd`.
//
// If a descriptor is closed without this call, and a new descriptor gets the
// same number, events of the new descriptor may be lost. (In a build with
// AddressSanitizer, the next selector_set() detects the mistake and aborts.)
void selector_forget(struct selector *selector, int fd, const void *data);

// Waits until a descriptor is ready, the time is `deadline` (of clock_now()),
// or a signal has arrived. Returns 0, or a negative errno after which the
// selector cannot be used any more. Events of the last round that have not been
// taken are dropped, but will be reported again.
int selector_wait(struct selector *selector, double deadline);

// Takes the next event of this round. Returns false if there are no more
// events.
bool selector_next(struct selector *selector, struct selector_event *event);

#endif
