// url.h - parse, resolve, normalise and print URLs. No I/O.
//
//   http://example.com:8080/a/b?c=d
//   |      |           |    |
//   scheme host        port target (path and query: what a GET asks for)
//
// Every URL is kept in one canonical spelling, so that two URLs are the same
// page exactly when their texts are equal: scheme and host in lower case, the
// default port left out, at least "/" as path, dot segments removed, no
// fragment, no user info. What may not stand in a request line is
// percent-encoded; tab, CR and LF are dropped, as browsers do. Percent-escapes
// of unreserved characters are decoded and the others get upper-case digits
// (RFC 3986 section 6.2.2).

#ifndef URL_H
#define URL_H

#include "slice.h"

#define URL_MAX 8192 // bytes of canonical text; RFC 9110 4.1 asks for 8000

enum url_scheme {
    URL_HTTP,
    URL_HTTPS,
    URL_OTHER, // mailto:, ftp:, javascript:, ...: only `text` is set, not
               // resolved, but as harmless to print as the others
};

struct url {
    char *text; // owned, canonical, NUL-terminated
    enum url_scheme scheme;
    unsigned short port; // the scheme's default where the text names none
    struct slice host; // into text; an IPv6 address keeps its brackets
    struct slice path; // into text; never empty, starts with "/"
    struct slice target; // path and query, to the end of text
};

// Parses an absolute URL. Returns 0; -EINVAL (no scheme, no or a malformed
// host, a bad port); -ENAMETOOLONG (over URL_MAX, or so far over it as given,
// 3 * URL_MAX without the fragment, that nobody looks closer); -ENOMEM. On
// success the caller owns *url and gives it back with url_free(); otherwise
// *url is zeroed.
//
// A host that ends in a number is an IPv4 address in its usual spelling or
// malformed. IPv6 addresses get their shortest spelling and have no zone.
int url_parse(struct url *url, const char *text, size_t n);

// As url_parse(), for what people type: "http://" is put in front of a text
// that has no scheme. "localhost:8888" is a host with a port, not a scheme.
int url_parse_typed(struct url *url, const char *text);

// As url_parse(), for a reference that is taken relative to `base` (RFC 3986
// section 5, strict). `base` is an http or https URL and is not changed.
int url_resolve(
    struct url *url, const struct url *base, const char *reference, size_t n);

// The length of the scheme that `reference` starts with, without its colon; 0 if
// it starts with none.
size_t url_scheme_length(struct slice reference);

// Is the host an address ("127.0.0.1", "[::1]") and not a name?
bool url_host_is_address(const struct url *url);

// Frees the text and zeroes *url. A zeroed url is fine.
void url_free(struct url *url);

#endif
