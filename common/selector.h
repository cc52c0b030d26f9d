// selector.h - which of many descriptors are ready? (Python calls this
// `selectors`.)
//
//     selector_set(selector, fd, SELECT_READ, connection);
//     selector_wait(selector, deadline);
//     while (selector_next(selector, &event))
//         serve(event.data, event.ready);
//
// Two may wait for one descriptor: one to read, one to write.
//
//               reader        writer
//     fd 7   [ connection  |            ]   an event for each direction that
//     fd 8   [ pump        | pump       ]   is ready; one for both, if both
//     fd 9   [             | greeting   ]   have the same data
//
// Level-triggered: a descriptor is reported as long as it is ready. Each event
// is checked when selector_next() hands it out, so that none arrives for a
// descriptor that an earlier event of the same round has made us forget, close,
// or open anew.
//
// After selector_new() nothing is allocated here: only the kernel may lack memory.
// Two backends, epoll and poll, are behind one struct; a third is a file.

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
// Descriptors below `max_fds` can be watched; 0 stands for the limit that the
// process has at this moment, or a million. Returns NULL with errno set:
// EINVAL for a kind that does not exist here, ENOMEM, EMFILE.
struct selector *selector_new(const char *kind, int max_fds);

void selector_free(struct selector *selector);

// From now on `data` (not NULL) waits until `fd` is ready for `interest`:
// SELECT_READ, SELECT_WRITE, both, or 0 for no longer. Costs a system call only
// where the kernel must be told something new. Returns 0; -EPERM for what cannot
// be watched (a regular file), -EMFILE for a descriptor not below max_fds,
// -ENOMEM, -ENOSPC. Aborts if another `data` waits in the same direction.
int selector_set(struct selector *selector, int fd, int interest, void *data);

// `data` waits no longer, but the kernel goes on watching: to wait again for the
// same costs no system call then. An event that comes in the meantime has no
// data; selector_set(selector, fd, 0, NULL) tells the kernel to stop.
void selector_leave(struct selector *selector, int fd, void *data);

// The data that waits for `fd`, other than `data`; NULL: there is none.
void *selector_other(const struct selector *selector, int fd, const void *data);

// `data`, if it waits for `fd`, waits no longer. Call this just before close(fd):
// closing ends the kernel's watch by itself, so unlike an interest of 0 this costs
// no system call. Aborts if selector_other() waits for it. A descriptor that is closed
// without it is taken for the old one when its number comes again, and its
// readiness is lost. (Builds with -DASAN ask the kernel each time, and abort.)
void selector_forget(struct selector *selector, int fd, const void *data);

// Waits until a descriptor is ready, `deadline` (of clock_now()) has come, or
// a signal has arrived. Returns 0, or a negative errno that says the selector
// is beyond use. Events of the last round that were not taken are dropped;
// level-triggered as they are, they come again.
int selector_wait(struct selector *selector, double deadline);

// The next event of this round, or false.
bool selector_next(struct selector *selector, struct selector_event *event);

#endif
