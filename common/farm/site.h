// site.h - a web site to crawl, made up on the spot. No I/O.
//
// /site/ is the root of an encyclopaedia: 104 URLs, redirects and missing
// pages included, each the same every time. tests/expected/site.txt says what
// a correct crawler finds there. Pages under /site/trap/ do not exist, and
// only a crawler that takes something for a link which is none asks for them.
//
// /site/n1000,k10,d20,b4000,f5/ is the root of a generated site:
//
//     n  pages in all, 1 to 1,000,000 (the first one, the root, is page 0)
//     k  links a page, 0 to 1000 (default 10)
//     d  ms until a page is answered (default 0)
//     b  bytes a page is filled up to, at most 16,000,000 (default: no filling)
//     f  how many pages in a thousand fail at the first request (default 0)
//     g  pages are held until so many clients wait for one (default: --gate)
//
// Page i links to the pages i*k+1 to i*k+k as long as there are such: a tree
// in which every page can be reached if k is not 0. The leaves link to k other
// pages somewhere. `n` comes first, the rest in any order.

#ifndef SITE_H
#define SITE_H

#include "reply.h"

// How many ms the answer to a GET of this target ("/site/...") takes.
int site_delay(const char *target);

// How many clients are to wait before this page is answered; 0: none, as for
// every root, since a crawl begins there alone; -1: what --gate says.
int site_gate(const char *target);

// How often this page fails before it is well: 0 or 1.
int site_fails_first(const char *target);

// The answer. Absolute links use `host`, the value of the Host header; pages
// are equally long whatever it is, up to SITE_HOST_MAX bytes.
void site_reply(struct reply *reply, const char *target, const char *host);

#define SITE_HOST_MAX 40

#endif
