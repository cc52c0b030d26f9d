// links.h - the links of a page: every href, resolved. No I/O.
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
// Finds the href attribute of any element, quoted or not, with its character
// references decoded (entities.h says which are known). Comments are skipped,
// and what is text up to its own end tag: <script>, <style>, <title>,
// <textarea>, <xmp>, <iframe>, <noembed>, <noframes>. In a page of an XML type
// there is no such text, but there are CDATA sections. The href of the first
// <base> is no link but changes what later links are relative to.
//
// References are read as browsers read them: a backslash before the query is a
// slash, "http:x" and "http:/x" are relative, "///x" is "//x". What lies beyond
// ASCII in a path is sent as UTF-8; in the query of a page in windows-1252 (and
// in what calls itself iso-8859-1 or ascii) it stays in the charset of the
// page. In other charsets (koi8-r, shift_jis, and so on) all bytes stay as they
// are.
//
// What does not parse as a URL is passed over. Time is linear in the page,
// memory is bounded by URL_MAX.

#ifndef LINKS_H
#define LINKS_H

#include "charset.h"
#include "url.h"

enum { LINKS_MAX_FOREIGN = 16 };

struct links {
    const char *at; // what has not been looked at yet
    const char *end;
    bool is_xml;
    enum charset charset;
    // The <svg> and <math> that are open, and the elements within them whose
    // content is HTML again. What is nested deeper goes by what is around it.
    unsigned char foreign[LINKS_MAX_FOREIGN];
    int num_foreign;
    bool at_point; // directly in the last of them, which is no element of HTML
    struct url base; // owned
    bool base_seen;
    bool out_of_memory; // why links_next() stopped early
};

// `type` and `charset` are those of the Content-Type, or absent. Without a
// charset the page's own word for it counts (<meta charset>, <?xml encoding?>),
// else it is UTF-8; a byte order mark counts more than either. `page_url` is
// copied, `page` borrowed until links_free(). Returns 0; ERROR_CHARSET (see
// charset.h); -ENOMEM. links_free() is due in any case.
int links_init(struct links *links, const struct url *page_url,
    struct slice type, struct slice charset, const char *page, size_t n);

// The next link, or false at the end of the page. The caller owns *link. All
// schemes are handed out: the caller picks those it wants.
bool links_next(struct links *links, struct url *link);

void links_free(struct links *links);

#endif
