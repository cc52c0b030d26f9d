// herd.h - the animals that were asked for, and what they answered. No I/O
// before the report; takes no lock.

#ifndef HERD_H
#define HERD_H

#include "http.h"
#include "options.h"
#include "radprint.h"
#include "timing.h"
#include "url.h"

#include <stdatomic.h>
#include <stdio.h>

enum { HERD_MAX_SOUND = 4096 }; // bytes; no animal is that loud

struct animal {
    struct span span; // of its fetch; span.task is its place in the herd
    const char *name;
    const struct url *url; // shared by all animals of this name
    char *sound; // NULL until it has answered with a 200
    char *text; // the line to type (`The cow says "Moo!".`); NULL: none
    struct radprint line; // the same, ready to be typed
    int status; // 0: no answer; may stand beside an error
    int error;
    bool asked;
};

struct herd {
    const struct options *options;
    struct animal *animals;
    int count;
    int next;
    struct url *urls; // one a name
    int num_names;
    bool is_live; // a line on stderr shows how far it is
    atomic_int answered; // for that line, as is the next: threads add to them
    atomic_int failed;
};

// The herd of options->arguments (default: all that the farm has), gone round
// until there are options->count. Borrows `options`. Returns 0; -EINVAL: the
// server's URL is junk; -EPROTONOSUPPORT: it is not http; -ENAMETOOLONG: a URL
// would be; -ENOENT: a name is "", "." or "..", which no segment of a URL can
// be; -ENOMEM. herd_free() is due in either case.
int herd_init(struct herd *herd, const struct options *options);

// The next animal to ask, or NULL when all have been, or after Ctrl-C.
struct animal *herd_next(struct herd *herd);

// Tells how asking went: 0 and the response, or an error. The response is freed
// in either case. Returns whether there is a line to type, in animal->line: not
// after a failure, and not with -q. A failure is only noted: to say it here
// could be in the middle of a line that somebody types.
bool herd_answer(struct herd *herd, struct animal *animal, int error,
    struct http_response *response);

// `"animals":[...]`, in the order asked.
void herd_json(const struct herd *herd, FILE *out);

// How many did not answer as they should, or were forgotten: never asked, asked
// without herd_answer(), or never typed. The forgotten do not count after
// Ctrl-C.
int herd_failures(const struct herd *herd);

// A line for each of them, in the order asked, but for those never asked.
void herd_print_failures(const struct herd *herd, FILE *out);

void herd_free(struct herd *herd);

#endif
