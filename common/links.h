// links.h - finds the links of a page: every href, resolved to a URL. No I/O.
//
//     struct links links;
//     struct url link;
//
//     if (links_init(&links, url, type, charset, body, n) == 0) {
//         while (links_next(&links, &link)) {
//             ...
//             url_free(&link);
//         }
//     }
//     links_free(&links);
//
// Finds the href attribute of any element, quoted or not, and decodes character
// references (entities.h lists the known names). Skips comments and the content
// of elements that hold plain text up to their end tag: <script>, <style>,
// <title>, <textarea>, <xmp>, <iframe>, <noembed>, <noframes>. A page of an XML
// type has no such elements, but has CDATA sections. The href of the first
// <base> is not a link: later links are relative to that URL.
//
// References are read as browsers read them: a backslash before the query is a
// slash, "http:x" and "http:/x" are relative, "///x" is "//x". Characters
// beyond ASCII are sent as UTF-8, except in the queries of links on a page in
// windows-1252 (or labelled iso-8859-1 or ascii): these queries are sent in
// windows-1252. In other charsets (koi8-r, shift_jis, and so on) all bytes stay
// unchanged.
//
// An href that is not a valid URL is skipped. Time is linear in the length of
// the page; memory is bounded by URL_MAX.

#ifndef LINKS_H
#define LINKS_H

#include "charset.h"
#include "url.h"

enum { LINKS_MAX_FOREIGN = 16 };

struct links {
    const char *at; // the rest of the page, still to be read
    const char *end;
    bool is_xml;
    enum charset charset;
    // A stack of open elements: <svg> and <math>, and within these the
    // "integration points" of the standard, which contain HTML again. Beyond
    // LINKS_MAX_FOREIGN, elements are not pushed.
    unsigned char foreign[LINKS_MAX_FOREIGN];
    int num_foreign;
    bool in_integration_point; // directly inside, where CDATA is allowed
    struct url base; // owned
    bool base_seen;
    bool out_of_memory; // the reason why links_next() has stopped early
};

// `type` and `charset` come from the Content-Type, and may be absent. The
// charset is determined by, in this order: a byte order mark; `charset`; the
// page itself (<meta charset>, <?xml encoding?>); UTF-8. Copies `page_url`;
// borrows `page` until links_free(). Returns 0; ERROR_CHARSET (see charset.h);
// -ENOMEM. Call links_free() in any case.
int links_init(struct links *links, const struct url *page_url,
    struct slice type, struct slice charset, const char *page, size_t n);

// Finds the next link, of any scheme. The caller owns *link. Returns false at
// the end of the page.
bool links_next(struct links *links, struct url *link);

void links_free(struct links *links);

#endif
