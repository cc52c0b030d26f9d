// herd.h - the animals named on the command line, and their answers. No network
// I/O; takes no lock.

#ifndef HERD_H
#define HERD_H

#include "http.h"
#include "options.h"
#include "radprint.h"
#include "timing.h"
#include "url.h"

#include <stdatomic.h>
#include <stdio.h>

enum { HERD_MAX_SOUND = 4096 }; // bytes of a body

struct animal {
    struct span span; // of the fetch; span.task is the index in the herd
    const char *name;
    const struct url *url; // shared by all animals of the same name
    char *sound; // NULL until the farm has answered with a 200
    char *text; // the line to type (`The cow says "Moo!".`); NULL: none
    struct radprint line; // the typing of `text`, in progress
    int status; // 0: no answer; may be set together with `error`
    int error;
    bool asked;
};

struct herd {
    const struct options *options;
    struct animal *animals;
    int count;
    int next;
    struct url *urls; // one for each name
    int num_names;
    bool is_live; // show the progress on stderr (live.h)
    // For the progress only; atomic because threads answer concurrently:
    atomic_int answered;
    atomic_int failed;
};

// Makes a herd of options->count animals, repeating the names in
// options->arguments (default: all species of the farm, once each). Borrows
// `options`. Returns 0; -EINVAL if the server's URL is malformed;
// -EPROTONOSUPPORT if its scheme is not http; -ENAMETOOLONG if an animal's URL
// would be too long; -ENOENT if a name is "", "." or ".." and therefore cannot
// be a segment of a URL; -ENOMEM. Call herd_free() in either case.
int herd_init(struct herd *herd, const struct options *options);

// The next animal to ask; NULL after the last animal, and after Ctrl-C.
struct animal *herd_next(struct herd *herd);

// Records the result of asking: error 0 and the response, or an error. Frees
// the response in either case. Returns true if there is a line to type, in
// animal->line: not after a failure, and not with -q. Prints nothing after a
// failure, because the message might split a line that is being typed.
bool herd_answer(struct herd *herd, struct animal *animal, int error,
    struct http_response *response);

// Prints `"animals":[...]`, in the order of asking.
void herd_json(const struct herd *herd, FILE *out);

// The number of animals with an error or a status other than 200, plus the
// number of forgotten animals: never asked, asked without herd_answer(), or
// answered but never typed. After Ctrl-C forgotten animals do not count.
int herd_failures(const struct herd *herd);

// Prints a line for each failure, in the order of asking, except for animals
// that were never asked.
void herd_print_failures(const struct herd *herd, FILE *out);

void herd_free(struct herd *herd);

#endif
