// site.h - a web site to crawl, written on request. No I/O.
//
// /site/ is the root of an encyclopaedia: 104 URLs, including redirects and
// missing pages, the same in every run. tests/expected/site.txt is the report
// of a correct crawler. Pages under /site/trap/ do not exist: a crawler that
// asks for one has taken other text for a link.
//
// /site/n1000,k10,d20,b4000,f5/ is the root of a generated site:
//
//     n  pages in all, 1 to 1,000,000 (the root is page 0)
//     k  links a page, 0 to 1000 (default 10)
//     d  ms until a page is answered (default 0)
//     b  bytes that a page has at least, up to 16,000,000 (default 0)
//     f  pages in a thousand that fail at the first request (default 0)
//     g  clients that must wait before a page is answered (default: --gate)
//
// Page i links to the pages i*k+1 to i*k+k, if they exist: a tree in which
// every page can be reached unless k is 0. A leaf links to k pages anywhere in
// the tree. `n` comes first, the other letters in any order.

#ifndef SITE_H
#define SITE_H

#include "reply.h"

// Returns the delay in ms of a target, "/site/...".
int site_delay(const char *target);

// Returns the number of clients that must wait before the page is answered. 0:
// no gate, as for every root, where a crawl begins with one request; -1: the
// value of --gate.
int site_gate(const char *target);

// Returns the number of failures before this page's first answer: 0 or 1.
int site_failures(const char *target);

// Writes the answer. Absolute links use `host`, the value of the Host header.
// The length of a page is the same for all hosts of up to SITE_HOST_MAX bytes.
void site_reply(struct reply *reply, const char *target, const char *host);

#define SITE_HOST_MAX 40

#endif
