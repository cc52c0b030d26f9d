// chaos.c - two tables of wrong answers: one with their bytes, the other with a
// function for each answer that is too long to write down.

#include "chaos.h"

#include "errors.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct chaos {
    const char *kind;
    const char *about;
    int error; // the error that a careful client reports; 0: none
    bool is_endless; // never ends: the client has to give up
    const char *bytes; // may contain NULs
    size_t len;
    const char *again; // sent for ever after `bytes`
    size_t head_size; // fill the last header up to this size; 0: do not fill
    size_t piece;
    int pause;
    enum reply_end end;
};

#define BYTES(text) .bytes = text, .len = sizeof(text) - 1
#define OK "HTTP/1.1 200 OK\r\n"
#define TEXT "Content-Type: text/plain\r\nConnection: close\r\n"
#define HTML "Content-Type: text/html\r\nConnection: close\r\n"
#define IN_CHUNKS OK TEXT "Transfer-Encoding: chunked\r\n\r\n"

static const struct chaos table[] = {
    // The connection breaks.
    { "close-before", "closed without an answer", ERROR_CLOSED_EARLY,
        BYTES("") },
    { "close-in-headers", "closed within the headers", ERROR_CLOSED_EARLY,
        BYTES(OK "Content-Type: text/pl") },
    { "close-in-body", "closed within the body", ERROR_CLOSED_EARLY,
        BYTES(OK TEXT "Content-Length: 9\r\n\r\nMoo") },
    { "close-in-chunk", "closed within a chunk", ERROR_CLOSED_EARLY,
        BYTES(IN_CHUNKS "9\r\nMoo") },
    { "chunks-without-last", "closed in place of the last chunk",
        ERROR_CLOSED_EARLY, BYTES(IN_CHUNKS "4\r\nMoo!\r\n") },
    { "reset", "reset without an answer", -ECONNRESET, BYTES(""),
        .end = REPLY_RESET },
    { "reset-in-body", "reset within the body", -ECONNRESET,
        BYTES(OK TEXT "Content-Length: 9\r\n\r\nMoo"), .end = REPLY_RESET },

    // The answer takes for ever.
    { "never", "no answer, ever", -ETIMEDOUT, true, .end = REPLY_NEVER },
    { "drip", "one byte a second", -ETIMEDOUT, true,
        BYTES(OK TEXT "Content-Length: 4\r\n\r\nMoo!"), .piece = 1,
        .pause = 1000 },
    { "endless-header", "headers without end", ERROR_HEADERS_TOO_LARGE, true,
        BYTES(OK), .again = "X-Hay: hay, hay, hay, hay and more hay\r\n" },
    { "endless-line", "one header without end", ERROR_HEADERS_TOO_LARGE, true,
        BYTES(OK "X-Hay: "), .again = "hay, " },
    { "endless-body", "a body without length or end", ERROR_BODY_TOO_LARGE,
        true, BYTES(OK TEXT "\r\n"), .again = "Moo! " },
    { "endless-chunks", "chunks without end", ERROR_BODY_TOO_LARGE, true,
        BYTES(IN_CHUNKS), .again = "5\r\nMoo! \r\n" },
    { "1xx-storm", "interim responses without end", ERROR_TOO_MANY_INTERIM,
        true, .again = "HTTP/1.1 103 Early Hints\r\n\r\n" },

    // The answer breaks the rules.
    { "too-short", "the body is shorter than announced", ERROR_CLOSED_EARLY,
        BYTES(OK TEXT "Content-Length: 5\r\n\r\nMoo!") },
    { "too-long", "the body is longer than announced", 0,
        BYTES(OK TEXT "Content-Length: 4\r\n\r\nMoo!Moo!Moo!") },
    { "bad-chunk-size", "a chunk size that is no number", ERROR_CHUNK,
        BYTES(IN_CHUNKS "4\r\nMoo!\r\nmany\r\nMoo!\r\n0\r\n\r\n") },
    { "minus-chunk-size", "a chunk size below zero", ERROR_CHUNK,
        BYTES(IN_CHUNKS "-4\r\nMoo!\r\n0\r\n\r\n") },
    { "huge-chunk-size", "a chunk size of 63 bits", ERROR_BODY_TOO_LARGE,
        BYTES(IN_CHUNKS "7fffffffffffffff\r\nMoo!\r\n0\r\n\r\n") },
    { "chunk-without-end", "a chunk longer than its size", ERROR_CHUNK,
        BYTES(IN_CHUNKS "3\r\nMoo!\r\n0\r\n\r\n") },
    { "garbage", "not HTTP at all", ERROR_STATUS_LINE,
        BYTES("\x01\x02 SSH-2.0-Farm\r\nMoo! \xff\xfe\r\n\r\n") },
    { "status-0", "status 000", ERROR_STATUS_LINE,
        BYTES("HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n") },
    { "no-colon", "a header without a colon", ERROR_HEADER,
        BYTES(OK "Content-Length 4\r\n\r\nMoo!") },
    { "nul", "NUL bytes in the headers", ERROR_HEADER,
        BYTES(OK "X-Nul: a\0b\0\r\nContent-Length: 4\r\n\r\nMoo!") },
    { "two-lengths", "two lengths that differ", ERROR_CONTENT_LENGTH,
        BYTES(OK "Content-Length: 4\r\nContent-Length: 8\r\n\r\nMoo!Moo!") },
    { "bad-length", "a length that is no number", ERROR_CONTENT_LENGTH,
        BYTES(OK "Content-Length: 4 or so\r\n\r\nMoo!") },
    { "minus-length", "a length below zero", ERROR_CONTENT_LENGTH,
        BYTES(OK "Content-Length: -4\r\n\r\nMoo!") },
    { "big-header", "a head of 64 KiB and a byte", ERROR_HEADERS_TOO_LARGE,
        BYTES(OK TEXT "Content-Length: 0\r\nX-Hay: "), .head_size = 65537 },
    { "transfer-gzip", "a transfer coding that was not requested",
        ERROR_TRANSFER_ENCODING,
        BYTES(OK "Transfer-Encoding: gzip\r\n\r\nMoo!") },
    { "content-gzip", "a page in a content coding that was not requested",
        ERROR_CONTENT_ENCODING,
        BYTES(OK HTML
            "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nMoo!") },
    { "redirect-nowhere", "a redirect without a Location", 0,
        BYTES("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n") },
    { "redirect-junk", "a redirect to a text that is no URL", ERROR_LOCATION,
        BYTES("HTTP/1.1 302 Found\r\nLocation: http://\r\n"
              "Content-Length: 0\r\n\r\n") },

    // The answer is odd, but valid.
    { "1xx", "three interim responses, then a good one", 0,
        BYTES(
            "HTTP/1.1 100 Continue\r\n\r\n"
            "HTTP/1.1 102 Processing\r\n\r\n"
            "HTTP/1.1 103 Early Hints\r\nLink: </>; rel=preload\r\n\r\n" OK TEXT
            "Content-Length: 4\r\n\r\nMoo!") },
    { "same-lengths", "the same length twice", 0,
        BYTES(OK TEXT "Content-Length: 4\r\nContent-Length: 4\r\n\r\nMoo!") },
    { "no-body-204", "204, and the connection stays open", 0,
        BYTES("HTTP/1.1 204 No Content\r\n\r\n"), .end = REPLY_STAY },
    { "no-body-304", "304 with a length, and the connection stays open", 0,
        BYTES("HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n"),
        .end = REPLY_STAY },
    { "stay", "a good answer, and the connection stays open", 0,
        BYTES(OK TEXT "Content-Length: 4\r\n\r\nMoo!"), .end = REPLY_STAY },
    { "half-close", "shut down, but closed only after the client closes", 0,
        BYTES(OK TEXT "\r\nMoo!"), .end = REPLY_HALF_CLOSE },
    { "chunked", "chunks with extensions and trailers", 0,
        BYTES(IN_CHUNKS "1;a=b\r\nM\r\n02 ; c=\"d\"\r\noo\r\n1\r\n!\r\n"
                        "000;last\r\nX-Trailer: yes\r\nX-More: \r\n\r\n") },
    { "until-close", "a body that ends with the connection", 0,
        BYTES(OK TEXT "\r\nMoo!") },
    { "byte-by-byte", "a good answer, a byte at a time", 0,
        BYTES(OK TEXT "Transfer-Encoding: chunked\r\n\r\n"
                      "3;a=b\r\nMoo\r\n1\r\n!\r\n0\r\nX-Trailer: yes\r\n\r\n"),
        .piece = 1, .pause = 1 },
    { "full-header", "a head of exactly 64 KiB", 0,
        BYTES(OK TEXT "Content-Length: 0\r\nX-Hay: "), .head_size = 65536 },
    { "redirect-control", "a Location with control bytes", 0,
        BYTES("HTTP/1.1 302 Found\r\n"
              "Location: /chaos/gone\x1b[31m\x07\x7f?\xc3\xa4\xff\r\n"
              "Content-Length: 0\r\n\r\n") },
    { "control-links", "links with control bytes and raw UTF-8", 0,
        BYTES(OK HTML "\r\n<a href=\"gone\x1b[2J\">red</a>\n"
                      "<a href=\"gone?\r\nX-Evil: yes\">two lines</a>\n"
                      "<a href=\"gone\x01\x02\x7f\">one</a>\n"
                      "<a href=\"gone/\xc3\xa4/\xff\xfe\">umlaut</a>\n"
                      "<a href=\"gone&#27;[0m&#0;\">entities</a>\n") },
};

// --- Generated answers -------------------------------------------------------

// Each redirect leads to a new URL, so only a limit on redirects ends the
// chain.
static void redirect_loop(struct reply *reply, const char *rest)
{
    char location[64];
    long here = *rest == '/' ? strtol(rest + 1, NULL, 10) : 0;
    // The client may ask for any number, even for LONG_MAX.
    long next = here >= 0 && here < LONG_MAX ? here + 1 : 1;

    snprintf(location, sizeof(location),
        "Location: /chaos/redirect-loop/%ld\r\n", next);
    reply_head(reply, 302, NULL, location);
}

// Redirects to the same path, with a query that doubles until the URL is too
// long.
static void growing_query(struct reply *reply, const char *rest)
{
    size_t len = strlen(rest);

    reply_printf(reply,
        "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
        "Location: /chaos/growing-query?%s%s\r\n\r\n",
        len > 1 ? rest + 1 : "hay", len > 1 ? rest + 1 : "");
    reply->status = 302;
}

// Adds n random bytes, the same in each run, without the bytes that end a
// header or a quoted value.
static void add_noise(struct reply *reply, unsigned *state, int n)
{
    while (n-- > 0) {
        char byte;
        do {
            *state = *state * 1103515245u + 12345u;
            byte = (char)(*state >> 16);
        } while (byte == '\r' || byte == '\n' || byte == '\0' || byte == '"');
        reply_add(reply, &byte, 1);
    }
}

// Redirects to a path of this server that ends in noise.
static void noisy_location(struct reply *reply, const char *unused)
{
    unsigned state = 1;

    (void)unused;
    reply_printf(reply,
        "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
        "Location: /chaos/gone/");
    add_noise(reply, &state, 300);
    reply_printf(reply, "\r\n\r\n");
    reply->status = 302;
}

static void noisy_links(struct reply *reply, const char *unused)
{
    unsigned state = 2;

    (void)unused;
    for (int i = 0; i < 200; i++) {
        reply_printf(reply, "<a href=\"gone/%d", i);
        add_noise(reply, &state, 40);
        reply_printf(reply, "\">x</a>");
        add_noise(reply, &state, 40);
    }
    reply_head(reply, 200, "text/html", "");
}

static void many_links(struct reply *reply, const char *unused)
{
    (void)unused;
    for (int i = 0; i < 100000; i++)
        reply_printf(reply, "<a href=\"gone/%d\">x</a>\n", i);
    reply_head(reply, 200, "text/html", "");
}

static void many_hosts(struct reply *reply, const char *unused)
{
    (void)unused;
    for (int i = 0; i < 5000; i++)
        reply_printf(reply, "<a href=\"http://h%d.invalid/\">x</a>\n", i);
    reply_head(reply, 200, "text/html", "");
}

static void tiny_chunks(struct reply *reply, const char *unused)
{
    (void)unused;
    reply_printf(reply, IN_CHUNKS);
    for (int i = 0; i < 1000000; i++)
        reply_add(reply, "1\r\nM\r\n", 6);
    reply_printf(reply, "0\r\n\r\n");
    reply->status = 200;
}

static const struct {
    const char *kind;
    const char *about;
    void (*make)(struct reply *reply, const char *rest);
    bool is_linked;
} generated[] = {
    { "redirect-loop", "from page to page without end", redirect_loop, true },
    { "growing-query", "to itself, with a query that grows", growing_query,
        true },
    { "noisy-location", "a Location of random bytes", noisy_location, true },
    { "noisy-links", "links of random bytes", noisy_links, true },
    { "many-links", "100,000 links", many_links, false },
    { "many-hosts", "links to 5,000 hosts", many_hosts, true },
    { "tiny-chunks", "a million chunks of one byte", tiny_chunks, true },
};

// --- Answering ---------------------------------------------------------------

static const char *word(int error)
{
    return error == 0 ? "fine" : error_text(error);
}

// Lists all kinds. A crawler can start here: kinds that never end and the page
// of 100,000 links are listed without a link.
static void index_page(struct reply *reply)
{
    reply_printf(reply,
        "<!DOCTYPE html>\n<title>Chaos</title>\n"
        "<p>Each of these is wrong or odd in one way.\n<ul>\n");
    for (size_t i = 0; i < COUNT(table); i++) {
        const struct chaos *c = &table[i];
        reply_printf(reply,
            c->is_endless ? "<li>%s" : "<li><a href=\"%s\">link</a>", c->kind);
        reply_printf(
            reply, " %s: %s (%s)\n", c->kind, c->about, word(c->error));
    }
    for (size_t i = 0; i < COUNT(generated); i++) {
        reply_printf(reply,
            generated[i].is_linked ? "<li><a href=\"%s\">link</a>" : "<li>%s",
            generated[i].kind);
        reply_printf(
            reply, " %s: %s (fine)\n", generated[i].kind, generated[i].about);
    }
    reply_printf(reply,
        "<li><a href=\"first/2/index\">link</a> first/K/TOKEN: closed K times, "
        "then good (fine)\n"
        "</ul>\n");
    reply_head(reply, 200, "text/html; charset=utf-8", "");
}

static void break_rules(struct reply *reply, const struct chaos *c)
{
    size_t begin = reply->stop;

    reply_add(reply, c->bytes, c->len);
    if (c->head_size > 0) {
        while (reply->stop - begin < c->head_size - 4 && !reply->failed)
            reply_add(reply, "-", 1);
        reply_add(reply, "\r\n\r\n", 4);
    }
    if (c->again != NULL) {
        reply->again = reply->stop;
        // Many copies, so that one send() takes more than one.
        while (reply->stop < 16384 && !reply->failed)
            reply_add(reply, c->again, strlen(c->again));
    }
    reply->piece = c->piece;
    reply->pause = c->pause;
    reply->end = c->end;
    if (c->len > 12 && memcmp(c->bytes, "HTTP/1.1 ", 9) == 0)
        reply->status = atoi(c->bytes + 9);
}

int chaos_failures(const char *target)
{
    static const char first[] = "/chaos/first/";

    if (strncmp(target, first, sizeof(first) - 1) != 0)
        return 0;
    long times = strtol(target + sizeof(first) - 1, NULL, 10);
    return times < 0 ? 0 : times < INT_MAX ? (int)times : INT_MAX;
}

void chaos_reply(struct reply *reply, const char *target)
{
    const char *kind = target + strlen("/chaos/");

    if (*kind == '\0') {
        index_page(reply);
        return;
    }
    for (size_t i = 0; i < COUNT(generated); i++) {
        size_t len = strlen(generated[i].kind);
        if (strncmp(kind, generated[i].kind, len) == 0
            && strchr("/?", kind[len]) != NULL) { // or the NUL
            generated[i].make(reply, kind + len);
            return;
        }
    }
    for (size_t i = 0; i < COUNT(table); i++) {
        if (strcmp(kind, table[i].kind) == 0) {
            break_rules(reply, &table[i]);
            return;
        }
    }
    bool first = chaos_failures(target) > 0;
    reply_printf(reply, first ? "Moo!" : "There is no such chaos.\n");
    reply_head(reply, first ? 200 : 404, "text/plain", "");
}
