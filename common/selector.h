// selector.h - which of many descriptors are ready? (Python calls this
// `selectors`.)
//
//     selector_set(selector, fd, SELECT_READ, connection);
//     selector_wait(selector, deadline);
//     while (selector_next(selector, &event))
//         serve(event.data, event.ready);
//
// Level-triggered: a descriptor is reported as long as it is ready. What
// selector_next() hands out is checked at that moment, so an event never
// arrives for a descriptor that was forgotten, or closed and opened anew, by
// whoever handled an earlier event of the same round.
//
// After selector_new() nothing is allocated: waiting cannot run out of memory.
// Two backends, epoll and poll, stand behind one struct; a third is a file.

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
    int ready; // SELECT_READ, SELECT_WRITE; both after an error or hang-up
    void *data; // as given to selector_set()
};

// `kind` is "epoll", "poll" or NULL for the better one that this system has.
// Descriptors below `max_fds` can be watched. Returns NULL with errno set:
// EINVAL for a kind that does not exist here, ENOMEM, EMFILE.
struct selector *selector_new(const char *kind, int max_fds);

void selector_free(struct selector *selector);

// From now on watch `fd` for `interest` (SELECT_READ, SELECT_WRITE, both, or 0
// to stop watching) and report it with `data`: NULL, or one that stays the same
// until it is NULL again or selector_forget() is called. Costs a system call only
// where the kernel must be told something new. Returns 0; -EPERM for what cannot
// be watched (a regular file), -EMFILE for a descriptor not below max_fds,
// -ENOMEM, -ENOSPC.
int selector_set(struct selector *selector, int fd, int interest, void *data);

// Call this just before close(fd): closing ends the kernel's watch by itself,
// so unlike an interest of 0 this costs no system call.
void selector_forget(struct selector *selector, int fd);

// Waits until a descriptor is ready, `deadline` (of clock_now()) has come, or
// a signal has arrived. Returns 0, or a negative errno that says the selector
// is beyond use. Events of the last round that were not taken are dropped;
// level-triggered as they are, they come again.
int selector_wait(struct selector *selector, double deadline);

// The next event of this round, or false.
bool selector_next(struct selector *selector, struct selector_event *event);

#endif
