// url.h - parses, resolves and normalises URLs. No I/O.
//
//   http://example.com:8080/a/b?c=d
//   |      |           |    |
//   scheme host        port target (path and query, as sent in a GET)
//
// Every URL has a canonical spelling, so that two URLs count as the same page
// if, and only if, their texts are equal: scheme and host in lower case, no
// default port, at least "/" as path, no dot segments, no fragment, no user
// info. Bytes that are not allowed in a request line are percent-encoded; tab,
// CR and LF are removed, as in browsers. Percent-escapes of unreserved
// characters are decoded; all others get upper-case digits (RFC 3986 section
// 6.2.2).

#ifndef URL_H
#define URL_H

#include "slice.h"

#define URL_MAX 8192 // bytes of canonical text; RFC 9110 4.1 asks for 8000

enum url_scheme {
    URL_HTTP,
    URL_HTTPS,
    URL_OTHER, // mailto:, ftp:, javascript:, ...: only `text` is set, and is
               // percent-encoded but not resolved
};

struct url {
    char *text; // owned, canonical, NUL-terminated
    enum url_scheme scheme;
    unsigned short port; // the scheme's default if the text has no port
    struct slice host; // into text; an IPv6 address keeps its brackets
    struct slice path; // into text; never empty, starts with "/"
    struct slice target; // path and query, to the end of text
};

// Parses an absolute URL. Returns 0; -EINVAL (scheme or host missing, host or
// port malformed); -ENAMETOOLONG (the canonical text exceeds URL_MAX, or the
// input without its fragment exceeds 3 * URL_MAX); -ENOMEM. On success the
// caller must call url_free(); otherwise *url is zeroed.
//
// If the last label of a host is a number, the host must be an IPv4 address in
// dotted decimal. IPv6 addresses get their shortest spelling; zones are
// refused.
int url_parse(struct url *url, const char *text, size_t n);

// As url_parse(), for a URL typed by a person: adds "http://" if there is no
// scheme. "localhost:8888" is a host with a port, not a scheme.
int url_parse_typed(struct url *url, const char *text);

// As url_parse(), for a reference relative to `base`, an http or https URL
// (RFC 3986 section 5, strict).
int url_resolve(
    struct url *url, const struct url *base, const char *reference, size_t n);

// The length of the scheme at the start of `reference`, without the colon; 0 if
// there is no scheme.
size_t url_scheme_length(struct slice reference);

// Is the host an address ("127.0.0.1", "[::1]") and not a name?
bool url_host_is_address(const struct url *url);

// Frees the text and zeroes *url. A zeroed *url is allowed.
void url_free(struct url *url);

#endif
