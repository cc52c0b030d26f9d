// links.h - the links of a page: every href, resolved. No I/O.
//
//     struct links links;
//     struct url link;
//
//     if (links_init(&links, url, body, n) == 0) {
//         while (links_next(&links, &link)) {
//             ...
//             url_free(&link);
//         }
//     }
//     links_free(&links);
//
// Finds the href attribute of any element, quoted or not, with its entities
// decoded. Comments, <script>, <style>, <textarea>, <title> and CDATA sections
// are skipped. The href of the first <base> is no link but changes what later
// links are relative to. What does not parse as a URL is passed over. Time is
// linear in the page, memory is bounded by URL_MAX.

#ifndef LINKS_H
#define LINKS_H

#include "url.h"

struct links {
    const char *at; // what has not been looked at yet
    const char *end;
    struct url base; // owned
    bool base_seen;
    bool out_of_memory; // why links_next() stopped early
};

// `page_url` is copied, `page` borrowed until links_free(). Returns 0 or
// -ENOMEM; links_free() is due in either case.
int links_init(struct links *links, const struct url *page_url,
    const char *page, size_t n);

// The next link, or false at the end of the page. The caller owns *link. All
// schemes are handed out: the caller picks those it wants.
bool links_next(struct links *links, struct url *link);

void links_free(struct links *links);

#endif
