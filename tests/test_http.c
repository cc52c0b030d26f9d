// test_http.c - requests as text, responses from bytes in every split.
//
// Each piece is fed in a block of exactly its size, so that AddressSanitizer
// and valgrind notice a read past the end.

#include "errors.h"
#include "http.h"
#include "must.h"
#include "random.h"
#include "suite.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

// --- Helpers -----------------------------------------------------------------

static char *allocate(size_t n)
{
    char *block = malloc(n > 0 ? n : 1);

    must(block != NULL);
    return block;
}

static enum http_verdict feed(
    struct http_response *response, const char *bytes, size_t n)
{
    char *copy = allocate(n);

    if (n > 0)
        memcpy(copy, bytes, n);
    enum http_verdict verdict = http_feed(response, copy, n);
    free(copy);
    return verdict;
}

struct example {
    const char *text;
    bool close; // feed the end as well
    enum http_verdict verdict;
    int error;
    int status;
    const char *body; // where the verdict is HTTP_DONE
};

static bool is_as_wanted(
    const struct http_response *response, const struct example *wanted)
{
    size_t len = wanted->body != NULL ? strlen(wanted->body) : 0;

    if (response->verdict != wanted->verdict
        || response->error != wanted->error)
        return false;
    if (response->verdict != HTTP_DONE)
        return true;
    if (response->status != wanted->status || response->body_len != len)
        return false;
    return len == 0 ? response->body == NULL
                    : strcmp(response->body, wanted->body) == 0;
}

// Feeds an example up to `first`, then the rest in pieces of `size`.
static void check_split(
    const struct example *example, size_t first, size_t size)
{
    struct http_response response;
    const char *at = example->text;
    size_t left = strlen(at);

    http_response_init(&response, 64);
    for (size_t n = first > 0 ? first : size; left > 0; n = size) {
        if (n > left)
            n = left;
        feed(&response, at, n);
        at += n;
        left -= n;
    }
    if (example->close)
        feed(&response, "", 0);
    enum http_verdict verdict = response.verdict;
    ck_assert_msg(is_as_wanted(&response, example),
        "%s, after %zu, by %zu: verdict %d, %s, status %d, body %s",
        example->text, first, size, verdict, error_text(response.error),
        response.status, response.body_len > 0 ? response.body : "(none)");
    if (verdict != HTTP_MORE) { // it is final
        feed(&response, OK "\r\nx", 20);
        feed(&response, "", 0);
        ck_assert_msg(is_as_wanted(&response, example), "%s", example->text);
    }
    http_response_free(&response);
    ck_assert(response.head == NULL && response.body == NULL);
}

static void check_response(const struct example *example)
{
    size_t n = strlen(example->text);

    check_split(example, 0, n > 0 ? n : 1);
    check_split(example, 0, 1);
    check_split(example, 0, 3);
    for (size_t first = 1; first < n; first++)
        check_split(example, first, n);
}

static void check_responses(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_response(&examples[i]);
}

static void check_failure(const char *text, int error)
{
    check_response(&(struct example){ text, false, HTTP_BAD, error, 0, NULL });
}

static void check_failures(const char *const *texts, size_t count, int error)
{
    for (size_t i = 0; i < count; i++)
        check_failure(texts[i], error);
}

#define COUNT(array) (sizeof(array) / sizeof(array[0]))

// --- Good responses ----------------------------------------------------------

static const struct example lengths[] = {
    { OK "Content-Length: 5\r\n\r\nhello", false, HTTP_DONE, 0, 200, "hello" },
    { OK "Content-Length: 5\r\n\r\nhello", true, HTTP_DONE, 0, 200, "hello" },
    { OK "Content-Length: 5\r\n\r\nhello, you", false, HTTP_DONE, 0, 200,
        "hello" },
    { OK "Content-Length: 0\r\n\r\n", false, HTTP_DONE, 0, 200, NULL },
    { OK "content-length:\t 005 \t\r\n\r\nhello", false, HTTP_DONE, 0, 200,
        "hello" },
    { OK "Content-Length: 5\r\nCONTENT-LENGTH: 5\r\n\r\nhello", false,
        HTTP_DONE, 0, 200, "hello" },
    { OK "Content-Length: 5, 5 ,5\r\nContent-Length: 05\r\n\r\nhello", false,
        HTTP_DONE, 0, 200, "hello" },
    { "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", false, HTTP_DONE, 0, 200,
        "hello" },
    { "HTTP/1.0 404 Not Found\r\nA: b\nContent-Length: 2\r\n\nno", false,
        HTTP_DONE, 0, 404, "no" },
    { "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n\n", false, HTTP_DONE, 0, 200,
        "\n" },
    { "HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx", false, HTTP_DONE, 0, 200,
        "x" },
    { "HTTP/1.9 999 \xff:\t?\r\nContent-Length: 1\r\n\r\nx", false, HTTP_DONE,
        0, 999, "x" },
    { OK "aZz!#$%&'*+-.^_`|~09:\r\nb: \x01\xff:\r\nContent-Length: 1\r\n\r\nx",
        false, HTTP_DONE, 0, 200, "x" },
    { OK "Content-Length: 5\r\n\r\nhell", false, HTTP_MORE, 0, 200, NULL },
    // Empty elements of a list count for nothing (RFC 9110 section 5.6.1).
    { OK "Content-Length: 5,\r\n\r\nhello", false, HTTP_DONE, 0, 200, "hello" },
    { OK "Content-Length: , 5,,5 ,\t,\r\n\r\nhello", false, HTTP_DONE, 0, 200,
        "hello" },
    // Exactly as many bytes as the limit allows.
    { OK "Content-Length: 64\r\n\r\n"
         "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        false, HTTP_DONE, 0, 200,
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
};

// Malformed, but every other client accepts these.
static const struct example lenient[] = {
    { "HTTP/1.1  200 OK\r\nContent-Length: 1\r\n\r\nx", false, HTTP_DONE, 0,
        200, "x" },
    { "HTTP/1.1 200\tOK\r\nContent-Length: 1\r\n\r\nx", false, HTTP_DONE, 0,
        200, "x" },
    { OK "Content-Length : 1\r\nA\t : b\r\n\r\nx", false, HTTP_DONE, 0, 200,
        "x" },
    { OK "My Server: a\r\n(X)/@[\xc3\xa9]: b\r\nContent-Length: 1\r\n\r\nx",
        false, HTTP_DONE, 0, 200, "x" },
    { OK ":status: 404\r\n: x\r\n:\r\nContent-Length: 1\r\n\r\nx", false,
        HTTP_DONE, 0, 200, "x" },
    { CHUNKED "2 \r\nhe\r\n3  \t\r\nllo\r\n0 \r\nA : b\r\n\r\n", false,
        HTTP_DONE, 0, 200, "hello" },
};

// A line that begins with a blank continues the one before (RFC 9112 5.2).
static const struct example folds[] = {
    { OK "A: x\r\n y\r\nContent-Length: 1\r\n\r\nx", false, HTTP_DONE, 0, 200,
        "x" },
    { OK "A: x\n\ty\n  z\nContent-Length: 1\n\nx", false, HTTP_DONE, 0, 200,
        "x" },
    { OK "A:\r\n \r\n\t \r\nContent-Length: 1\r\n\r\nx", false, HTTP_DONE, 0,
        200, "x" },
    { OK "Content-Length:\r\n 1\r\n\r\nx", false, HTTP_DONE, 0, 200, "x" },
    { OK "Content-Length: 1\r\n ,\r\n 1\r\n\r\nx", false, HTTP_DONE, 0, 200,
        "x" },
    // A continuation is no header, though it looks like one.
    { OK "A: x\r\n Content-Length: 9\r\nContent-Length: 1\r\n\r\nx", false,
        HTTP_DONE, 0, 200, "x" },
    { OK "Transfer-Encoding:\r\n\tchunked\r\n\r\n0\r\n\r\n", false, HTTP_DONE,
        0, 200, NULL },
    { "HTTP/1.1 103 x\r\nLink: a\r\n b\r\n\r\n" OK "Content-Length: 1\r\n\r\nx",
        false, HTTP_DONE, 0, 200, "x" },
    { CHUNKED "0\r\nA: x\r\n y\r\n\tz\r\n\r\n", false, HTTP_DONE, 0, 200,
        NULL },
};

static const struct example until_close[] = {
    { OK "Transfer-Encoding: identity\r\n\r\nhello", true, HTTP_DONE, 0, 200,
        "hello" },
    { OK "Transfer-Encoding: Identity ,, identity\r\n\r\nhello", true,
        HTTP_DONE, 0, 200, "hello" },
    { OK "Transfer-Encoding: \r\n\r\nhello", true, HTTP_DONE, 0, 200, "hello" },
    { OK "\r\nhello", true, HTTP_DONE, 0, 200, "hello" },
    { OK "\r\nhello", false, HTTP_MORE, 0, 200, NULL },
    { OK "\r\n", true, HTTP_DONE, 0, 200, NULL },
    { "HTTP/1.1 200\n\n\n", true, HTTP_DONE, 0, 200, "\n" },
    { OK "\r\n"
         "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        true, HTTP_DONE, 0, 200,
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
};

static const struct example chunks[] = {
    { CHUNKED "5\r\nhello\r\n0\r\n\r\n", false, HTTP_DONE, 0, 200, "hello" },
    { CHUNKED "5\nhello\n0\n\n", false, HTTP_DONE, 0, 200, "hello" },
    { CHUNKED "2\r\nhe\r\n003\r\nllo\r\n000\r\n\r\nmore", false, HTTP_DONE, 0,
        200, "hello" },
    { CHUNKED "0\r\n\r\n", false, HTTP_DONE, 0, 200, NULL },
    { CHUNKED "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n", false,
        HTTP_DONE, 0, 200, "01234567890123456789a" },
    { CHUNKED "2;a\r\nhe\r\n3 \t;b=\"c\"\r\nllo\r\n0;\r\n\r\n", false,
        HTTP_DONE, 0, 200, "hello" },
    { CHUNKED "5\r\nhello\r\n0\r\nA: b\r\nContent-Length: 7\r\n\r\n", false,
        HTTP_DONE, 0, 200, "hello" },
    { CHUNKED "2\r\n\r\n\r\n0\r\n\r\n", false, HTTP_DONE, 0, 200, "\r\n" },
    { CHUNKED "00000000000000000000000000000000000002\r\nhe\r\n0\r\n\r\n",
        false, HTTP_DONE, 0, 200, "he" },
    { OK "transfer-encoding:CHUNKED\r\n\r\n0\r\n\r\n", false, HTTP_DONE, 0, 200,
        NULL },
    { CHUNKED "5\r\nhello\r\n0\r\n", false, HTTP_MORE, 0, 200, NULL },
    { CHUNKED "20\r\n0123456789abcdef0123456789abcdef\r\n"
              "20\r\n0123456789abcdef0123456789abcdef\r\n0\r\n\r\n",
        false, HTTP_DONE, 0, 200,
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
};

static const struct example transfer_lists[] = {
    { OK "Transfer-Encoding: , chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", false,
        HTTP_DONE, 0, 200, "x" },
    { OK "Transfer-Encoding: chunked, \r\n\r\n1\r\nx\r\n0\r\n\r\n", false,
        HTTP_DONE, 0, 200, "x" },
    { OK "Transfer-Encoding: "
         "identity,chunked,identity\r\nTransfer-Encoding:\r\n\r\n"
         "1\r\nx\r\n0\r\n\r\n",
        false, HTTP_DONE, 0, 200, "x" },
    { OK "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nxy", false,
        HTTP_DONE, 0, 200, "x" },
    { OK "Transfer-Encoding: ,\r\nContent-Length: 1\r\n\r\nxy", false,
        HTTP_DONE, 0, 200, "x" },
};

static const struct example no_body[] = {
    { "HTTP/1.1 204 No Content\r\n\r\n", false, HTTP_DONE, 0, 204, NULL },
    { "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false,
        HTTP_DONE, 0, 304, NULL },
    { "HTTP/1.1 304 x\r\nTransfer-Encoding: gzip\r\n\r\n", false, HTTP_DONE, 0,
        304, NULL },
    { "HTTP/1.1 304 x\r\nContent-Length: 999\r\n\r\nabc", false, HTTP_DONE, 0,
        304, NULL },
    { "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 2\r\n\r\nhe", false,
        HTTP_DONE, 0, 200, "he" },
    { "HTTP/1.1 103 Early Hints\nContent-Length: 7\nLink: x\n\n"
      "HTTP/1.1 102\r\n\r\nHTTP/1.1 404 x\r\n\r\nhe",
        true, HTTP_DONE, 0, 404, "he" },
    { "HTTP/1.1 199 x\r\n\r\nHTTP/1.1 204 x\r\n\r\n", false, HTTP_DONE, 0, 204,
        NULL },
    { "HTTP/1.1 100 x\r\n\r\n", false, HTTP_MORE, 0, 0, NULL },
    { "", false, HTTP_MORE, 0, 0, NULL },
};

static const struct example encodings[] = {
    { OK "Content-Encoding: Identity\r\nContent-Length: 2\r\n\r\nhe", false,
        HTTP_DONE, 0, 200, "he" },
    { OK "Content-Encoding:\r\nContent-Length: 2\r\n\r\nhe", false, HTTP_DONE,
        0, 200, "he" },
    { OK "Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", false,
        HTTP_DONE, 0, 200, NULL },
    { OK "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
         "0\r\n\r\n",
        false, HTTP_DONE, 0, 200, NULL },
    { OK "Content-Encoding: gzip\r\n\r\n", true, HTTP_DONE, 0, 200, NULL },
    { "HTTP/1.1 304 x\r\nContent-Encoding: gzip\r\n\r\n", false, HTTP_DONE, 0,
        304, NULL },
    // The parser accepts any content coding; the reader of the body decides.
    { OK "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhe", false,
        HTTP_DONE, 0, 200, "he" },
    { OK "Content-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n"
         "1\r\nx\r\n0\r\n\r\n",
        false, HTTP_DONE, 0, 200, "x" },
};

START_TEST(reads_good_responses)
{
    check_responses(lengths, COUNT(lengths));
    check_responses(lenient, COUNT(lenient));
    check_responses(folds, COUNT(folds));
    check_responses(transfer_lists, COUNT(transfer_lists));
    check_responses(until_close, COUNT(until_close));
    check_responses(chunks, COUNT(chunks));
    check_responses(no_body, COUNT(no_body));
    check_responses(encodings, COUNT(encodings));
}
END_TEST

// An incomplete response was closed too early, unless its body ends by closing.
START_TEST(notices_early_closes)
{
    static const char *const texts[] = { "", "HTTP/1.1 20", OK, OK "\r",
        OK "Content-Length: 5\r\n", OK "Content-Length: 5\r\n\r\n",
        OK "Content-Length: 5\r\n\r\nhell", "HTTP/1.1 100 x\r\n\r\n", CHUNKED,
        CHUNKED "5", CHUNKED "5\r\n", CHUNKED "5\r\nhell", CHUNKED "5\r\nhello",
        CHUNKED "5\r\nhello\r", CHUNKED "5\r\nhello\r\n", CHUNKED "0",
        CHUNKED "0\r\n", CHUNKED "0\r\nA: b\r\n", CHUNKED "0\r\n\r" };

    for (size_t i = 0; i < COUNT(texts); i++) {
        check_response(&(struct example){
            texts[i], true, HTTP_CLOSED, ERROR_CLOSED_EARLY, 0, NULL });
    }
}
END_TEST

START_TEST(keeps_nul_bytes_of_bodies)
{
    static const char text[] = OK "Content-Length: 3\r\n\r\na\0b";
    struct http_response response;

    http_response_init(&response, 3);
    ck_assert_ptr_null(response.head);
    ck_assert_int_eq(feed(&response, text, sizeof(text) - 1), HTTP_DONE);
    ck_assert_int_eq(response.part, HTTP_FINISHED);
    ck_assert_uint_eq(response.body_len, 3);
    ck_assert_mem_eq(response.body, "a\0b", 4);
    http_response_free(&response);
}
END_TEST

// --- Connections that can be kept --------------------------------------------

struct kept {
    const char *text;
    bool keeps;
    size_t surplus;
};

#define BODY "Content-Length: 1\r\n\r\nx"
#define OK_1_0 "HTTP/1.0 200 OK\r\n"

static const struct kept kept[] = {
    // HTTP/1.1 keeps the connection unless one of the two sides closes it.
    { OK BODY, true, 0 },
    { "HTTP/1.9 200 OK\r\n" BODY, true, 0 },
    { OK "Content-Length: 0\r\n\r\n", true, 0 },
    { OK "Connection: keep-alive\r\n" BODY, true, 0 },
    { OK "Connection: upgrade\r\n" BODY, true, 0 },
    { OK "Connection: closed, xclose, clo\r\n" BODY, true, 0 },
    { OK "Connection:\r\n" BODY, true, 0 },
    { OK "Proxy-Connection: close\r\n" BODY, true, 0 },
    { CHUNKED "1\r\nx\r\n0\r\n\r\n", true, 0 },
    { CHUNKED "0\r\nConnection: close\r\n\r\n", true, 0 }, // a trailer
    { "HTTP/1.1 204 x\r\n\r\n", true, 0 },
    { "HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", true, 0 },
    { "HTTP/1.1 404 x\r\n" BODY, true, 0 },
    { OK "Connection: close\r\n" BODY, false, 0 },
    { OK "connection:CLOSE\r\n" BODY, false, 0 },
    { OK "Connection: keep-alive, close\r\n" BODY, false, 0 },
    { OK "Connection: a,,\tClose ,b\r\n" BODY, false, 0 },
    { OK "Connection: keep-alive\r\nConnection: close\r\n" BODY, false, 0 },
    { OK "Connection: a\r\n ,close\r\n" BODY, false, 0 },
    { OK "Connection : close\r\n" BODY, false, 0 },
    { "HTTP/1.1 204 x\r\nConnection: close\r\n\r\n", false, 0 },
    { "HTTP/1.1 304 x\r\nConnection: close\r\n\r\n", false, 0 },
    { CHUNKED "0\r\n\r\n", true, 0 },
    { OK "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        false, 0 },

    // The headers of an interim response do not count.
    { "HTTP/1.1 103 x\r\nConnection: close\r\n\r\n" OK BODY, true, 0 },
    { "HTTP/1.0 100 x\r\n\r\n" OK BODY, true, 0 },
    { "HTTP/1.1 100 x\r\nConnection: keep-alive\r\n\r\n" OK_1_0 BODY, false,
        0 },

    // HTTP/1.0 closes unless it says otherwise, and knows no chunks: a response
    // that has them all the same may have passed a server that took the chunks
    // for something else (RFC 9112 section 6.1).
    { OK_1_0 BODY, false, 0 },
    { OK_1_0 "Connection: Keep-Alive\r\n" BODY, true, 0 },
    { OK_1_0 "Connection: a, keep-alive\r\n" BODY, true, 0 },
    { OK_1_0 "Connection: keep-alive, close\r\n" BODY, false, 0 },
    { OK_1_0 "Keep-Alive: timeout=5\r\n" BODY, false, 0 },
    { OK_1_0 "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
             "0\r\n\r\n",
        false, 0 },
    { "HTTP/1.0 304 x\r\n\r\n", false, 0 },

    // Bytes after the end may be anything, even a whole response.
    { OK BODY "y", false, 1 },
    { OK BODY "\r\n", false, 2 },
    { OK BODY OK BODY, false, sizeof(OK BODY) - 1 },
    { OK "Connection: close\r\n" BODY "yz", false, 2 },
    { CHUNKED "1\r\nx\r\n0\r\n\r\n0\r\n\r\n", false, 5 },
    { "HTTP/1.1 204 x\r\nContent-Length: 3\r\n\r\nabc", false, 3 },
    { "HTTP/1.1 304 x\r\nContent-Length: 3\r\n\r\nabc", false, 3 },
};

// Feeds the text in two pieces, or by single bytes after `first`.
static void check_kept(const struct kept *wanted, size_t first, bool bytewise)
{
    struct http_response response;
    size_t n = strlen(wanted->text);

    http_response_init(&response, 64);
    for (size_t at = 0; at < n;) {
        size_t piece = at < first ? first - at : bytewise ? 1 : n - at;
        ck_assert_msg(response.verdict == HTTP_DONE || !response.keeps,
            "%s: keeps before the end, at %zu", wanted->text, at);
        feed(&response, wanted->text + at, piece);
        at += piece;
    }
    ck_assert_msg(response.verdict == HTTP_DONE
            && response.keeps == wanted->keeps
            && response.surplus == wanted->surplus,
        "%s, after %zu: verdict %d, keeps %d, surplus %zu", wanted->text, first,
        response.verdict, response.keeps, response.surplus);
    // A connection that has been closed since cannot be used again.
    feed(&response, "", 0);
    ck_assert(response.verdict == HTTP_DONE && !response.keeps
              && response.surplus == wanted->surplus);
    http_response_free(&response);
}

START_TEST(knows_which_connections_can_be_kept)
{
    for (size_t i = 0; i < COUNT(kept); i++) {
        for (size_t first = 0; first <= strlen(kept[i].text); first++) {
            check_kept(&kept[i], first, false);
            check_kept(&kept[i], first, true);
        }
    }
}
END_TEST

// Only the end of a complete response is known.
START_TEST(keeps_no_connection_without_a_complete_response)
{
    static const char *const texts[] = { "", "HTTP/1.1 20", OK, OK "\r\nhello",
        OK "Connection: keep-alive\r\n\r\nhello",
        OK "Transfer-Encoding: identity\r\n\r\nhello",
        OK "Content-Length: 5\r\n\r\nhell", OK "Content-Length: x\r\n\r\n",
        OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
        OK "Content-Length: 65\r\n\r\nx", CHUNKED, CHUNKED "1\r\nx",
        CHUNKED "1\r\nx\r\n", CHUNKED "0\r\n", CHUNKED "x\r\n",
        CHUNKED "1\r\nxy\r\n", OK "A\r\n\r\n", "HTTP/1.1 100 x\r\n\r\n",
        "HTTP/1.1 101 x\r\n\r\n", "GET / HTTP/1.1\r\n" };

    for (size_t i = 0; i < COUNT(texts); i++) {
        for (size_t size = 1; size <= strlen(texts[i]) + 1; size++) {
            struct http_response response;
            size_t n = strlen(texts[i]);
            http_response_init(&response, 64);
            for (size_t at = 0; at < n; at += size)
                feed(&response, texts[i] + at, size < n - at ? size : n - at);
            ck_assert_msg(!response.keeps && response.surplus == 0,
                "%s, by %zu", texts[i], size);
            feed(&response, "", 0);
            ck_assert_msg(!response.keeps && response.surplus == 0,
                "%s, by %zu", texts[i], size);
            http_response_free(&response);
        }
    }
}
END_TEST

// --- Bad responses -----------------------------------------------------------

START_TEST(refuses_status_lines)
{
    static const char *const texts[] = { "h", " ", "\r\n", "\n", "x", "HTTP/2",
        "HTTP/2 200\r\n", "HTTP/0.9 200 OK\r\n", "http/1.1 200 OK\r\n",
        "HTTP 1.1", "<html>", "SSH-2.0-OpenSSH\r\n", "HTTP/1.\r\n",
        "HTTP/1.1\r\n", "HTTP/1.1 \r\n", "HTTP/1.1 20\r\n", "HTTP/1.1  20\r\n",
        "HTTP/1.1\t200\r\n", "HTTP/1.1 \t200\r\n", "HTTP/1.x 200\r\n",
        "HTTP/1.10 200\r\n", "HTTP/1.1 2000\r\n", "HTTP/1.1 200x\r\n",
        "HTTP/1.1 2x0 OK\r\n", "HTTP/1.1 099 OK\r\n", "HTTP/1.1 -10 OK\r\n",
        "HTTP/1.1 101 x\r\n", "HTTP/1.1 100 x\r\n\r\nx",
        "HTTP/1.1 100 x\r\n\r\n\r\n" };

    check_failures(texts, COUNT(texts), ERROR_STATUS_LINE);
}
END_TEST

START_TEST(refuses_headers)
{
    static const char *const texts[] = { OK "\r\r\n", OK "A\r\n",
        OK "<p>a: b\r\n", OK "{\"a\": b\r\n", OK "A>: x\r\n", OK "A}: x\r\n",
        OK "A\x01: x\r\n", OK "A\x7f: x\r\n", OK " A: x\r\n", OK "\tA: x\r\n",
        OK " \r\n", OK "A\r\n : x\r\n", OK "A: x\r\n y\rz\r\n",
        OK "A: x\r\n \r\r\n", OK "A: x\ry\r\n", OK "A: x\r\r\n",
        OK "A\r: x\r\n", "HTTP/1.1 200 a\rb\r\n", "HTTP/1.1 100 x\r\nA\r\n",
        "HTTP/1.1 100 x\r\n A: b\r\n",
        "HTTP/1.1 100 x\r\nA: b\r\n\r\n" OK " A: b\r\n", CHUNKED "0\r\nA\r\n",
        CHUNKED "0\r\n A: x\r\n", CHUNKED "0\r\nA: \r \r\n",
        OK "A: b\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n c\r\n" };
    static const char nul[] = OK "A: \0\r\n";
    struct http_response response;

    check_failures(texts, COUNT(texts), ERROR_HEADER);
    http_response_init(&response, 64);
    ck_assert_int_eq(feed(&response, nul, sizeof(nul) - 1), HTTP_BAD);
    ck_assert_int_eq(response.error, ERROR_HEADER);
    http_response_free(&response);
    http_response_init(&response, 64);
    ck_assert_int_eq(feed(&response, "HTTP/1.1 200 \0\n", 15), HTTP_BAD);
    ck_assert_int_eq(response.error, ERROR_HEADER);
    http_response_free(&response);
}
END_TEST

START_TEST(refuses_lengths)
{
    static const char *const values[] = { "", "x", "-1", "+1", "1 1", "1x",
        "0x1", ",", "1,,2", "1, 2", "1;1", "1\r\n 2", "1,\r\n 2", "1.0",
        "1\r\nContent-Length: 2",
        "1\r\nContent-Length:", "18446744073709551616",
        "1\r\nTransfer-Encoding: chunked", "1\r\nTransfer-Encoding: gzip" };
    static const char *const larger[] = { "65", "18446744073709551615" };
    char text[128];

    for (size_t i = 0; i < COUNT(values); i++) {
        snprintf(
            text, sizeof(text), OK "Content-Length: %s\r\n\r\n", values[i]);
        check_failure(text, ERROR_CONTENT_LENGTH);
    }
    for (size_t i = 0; i < COUNT(larger); i++) {
        snprintf(
            text, sizeof(text), OK "Content-Length: %s\r\n\r\n", larger[i]);
        check_failure(text, ERROR_BODY_TOO_LARGE);
    }
    check_failure(CHUNKED "41\r\n", ERROR_BODY_TOO_LARGE);
    check_failure(CHUNKED "40\r\n0123456789abcdef0123456789abcdef"
                          "0123456789abcdef0123456789abcdef\r\n1\r\n",
        ERROR_BODY_TOO_LARGE);
    check_failure(OK "\r\n0123456789abcdef0123456789abcdef"
                     "0123456789abcdef0123456789abcdefx",
        ERROR_BODY_TOO_LARGE);
}
END_TEST

START_TEST(refuses_transfer_codings)
{
    static const char *const transfer[] = { "gzip", "identity, gzip",
        "gzip, chunked", "chunked\r\n chunked", "chunked, chunked",
        "chunked;q=1", "xchunked", "chunked\r\nTransfer-Encoding: chunked",
        "chunked\r\nTransfer-Encoding: gzip",
        "gzip\r\nTransfer-Encoding: chunked" };
    char text[128];

    for (size_t i = 0; i < COUNT(transfer); i++) {
        snprintf(text, sizeof(text), OK "Transfer-Encoding: %s\r\n\r\n",
            transfer[i]);
        check_failure(text, ERROR_TRANSFER_ENCODING);
    }
}
END_TEST

START_TEST(refuses_chunks)
{
    static const char *const texts[] = { "\r\n", "x\r\n", "-1\r\n", "+1\r\n",
        " 1\r\n", "1 x\r\n", "1 1\r\n", "1x\r\n", "0x1\r\n", ";a\r\n",
        "1\r\r\n", "1;\r;\r\n", "10000000000000000\r\n",
        "fffffffffffffffff\r\n", "1\r\nab", "1\r\na\rb", "1\r\na\r\r",
        "1\r\na0\r\n\r\n", "1\r\na\r\n\r\n" };
    char text[128];

    for (size_t i = 0; i < COUNT(texts); i++) {
        snprintf(text, sizeof(text), CHUNKED "%s", texts[i]);
        check_failure(text, ERROR_CHUNK);
    }
    // No overflow of the number, but a body over the limit.
    check_failure(CHUNKED "ffffffffffffffff\r\n", ERROR_BODY_TOO_LARGE);
}
END_TEST

// --- The status of a response that failed ------------------------------------

START_TEST(knows_the_status_of_a_response_that_failed)
{
    static const struct {
        const char *text;
        int status;
        bool has_head;
        int error;
    } texts[] = {
        { "HTTP/1.1 404 No", 0, false, ERROR_CLOSED_EARLY },
        { "HTTP/1.1 404 No\r\n", 404, false, ERROR_CLOSED_EARLY },
        { "HTTP/1.1 404 No\r\nA\r\n", 404, false, ERROR_HEADER },
        { "HTTP/1.1 404 No\r\nContent-Length: x\r\n\r\n", 404, true,
            ERROR_CONTENT_LENGTH },
        { "HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\nx", 404, true,
            ERROR_CLOSED_EARLY },
        { "HTTP/1.1 301 x\r\nLocation: /a\r\nContent-Length: 65\r\n\r\n", 301,
            true, ERROR_BODY_TOO_LARGE },
        { CHUNKED "x\r\n", 200, true, ERROR_CHUNK },
        // The status of an interim response is not reported.
        { "HTTP/1.1 100 x\r\n", 0, false, ERROR_CLOSED_EARLY },
        { "HTTP/1.1 100 x\r\nA\r\n", 0, false, ERROR_HEADER },
        { "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 500 x\r\n", 500, false,
            ERROR_CLOSED_EARLY },
        // No other response follows a 101.
        { "HTTP/1.1 101 x\r\n", 101, false, ERROR_STATUS_LINE },
    };
    struct http_response response;

    for (size_t i = 0; i < COUNT(texts); i++) {
        http_response_init(&response, 64);
        feed(&response, texts[i].text, strlen(texts[i].text));
        feed(&response, "", 0);
        ck_assert_msg(response.status == texts[i].status
                && response.has_head == texts[i].has_head
                && response.error == texts[i].error,
            "%s: %d, %s", texts[i].text, response.status,
            error_text(response.error));
        http_response_free(&response);
    }
}
END_TEST

// An error in a body counts only if the body is wanted: that of a 200.
START_TEST(settles_what_needs_no_body)
{
    static const int statuses[] = { 200, 201, 206, 301, 302, 404, 500 };
    static const int of_the_peer[] = { ERROR_CLOSED_EARLY, ERROR_CHUNK,
        ERROR_BODY_TOO_LARGE, ERROR_TRANSFER_ENCODING, ERROR_CONTENT_LENGTH,
        -ECONNRESET, -ETIMEDOUT };
    struct http_response response;
    char text[64];

    for (size_t i = 0; i < COUNT(statuses); i++) {
        snprintf(text, sizeof(text), "HTTP/1.1 %d x\r\nA: b\r\n", statuses[i]);
        http_response_init(&response, 64);
        feed(&response, text, strlen(text));
        for (size_t k = 0; k < COUNT(of_the_peer); k++)
            ck_assert_int_eq(
                http_settle(&response, of_the_peer[k]), of_the_peer[k]);
        feed(&response, "\r\n", 2);
        for (size_t k = 0; k < COUNT(of_the_peer); k++)
            ck_assert_int_eq(http_settle(&response, of_the_peer[k]),
                statuses[i] == 200 ? of_the_peer[k] : 0);
        ck_assert_int_eq(http_settle(&response, 0), 0);
        // Errors of our own always count.
        ck_assert_int_eq(http_settle(&response, -ENOMEM), -ENOMEM);
        ck_assert_int_eq(http_settle(&response, -ECANCELED), -ECANCELED);
        http_response_free(&response);
    }
}
END_TEST

START_TEST(knows_coded_bodies)
{
    static const struct {
        const char *headers;
        bool coded;
    } heads[] = {
        { "", false },
        { "Content-Encoding:\r\n", false },
        { "Content-Encoding: identity\r\n", false },
        { "Content-Encoding: identity,\r\n", false },
        { "Content-Encoding: , Identity,IDENTITY\r\n", false },
        { "Content-Encoding: none\r\nContent-Encoding: identity\r\n", false },
        { "Content-Encoding: utf-8\r\n", false },
        { "Content-Encoding: gzip\r\n", true },
        { "Content-Encoding: identity, gzip\r\n", true },
        { "Content-Encoding: identity\r\n ,br\r\n", true },
        { "Content-Encoding: identity\r\nContent-Encoding: br\r\n", true },
        { "Content-Encoding: x\r\n", true },
    };
    struct http_response response;
    char text[256];

    for (size_t i = 0; i < COUNT(heads); i++) {
        for (int n = 0; n < 2; n++) { // an empty body has no coding
            snprintf(text, sizeof(text), OK "%sContent-Length: %d\r\n\r\n%s",
                heads[i].headers, n, n > 0 ? "x" : "");
            http_response_init(&response, 64);
            ck_assert_int_eq(feed(&response, text, strlen(text)), HTTP_DONE);
            ck_assert_msg(http_is_coded(&response) == (n > 0 && heads[i].coded),
                "%s", text);
            http_response_free(&response);
        }
    }
}
END_TEST

// A socket that has connected to itself receives our own request.
START_TEST(knows_its_own_request)
{
    static const char *const others[] = { "G", "GE", "GET" };
    struct http_response response;

    check_failure("GET / HTTP/1.1\r\nHost: h\r\n\r\n", -ECONNREFUSED);
    check_failure("GETTING", ERROR_STATUS_LINE);
    check_failure("GO", ERROR_STATUS_LINE);
    check_failure("HTTP/1.GET /\r\n", ERROR_STATUS_LINE);
    for (size_t i = 0; i < COUNT(others); i++)
        check_response(&(struct example){
            others[i], true, HTTP_CLOSED, ERROR_CLOSED_EARLY, 0, NULL });
    ck_assert(error_is_transient(-ECONNREFUSED));
    http_response_init(&response, 64);
    ck_assert_int_eq(feed(&response, "GET ", 4), HTTP_BAD);
    http_response_free(&response);
}
END_TEST

// --- Limits ------------------------------------------------------------------

static void feed_times(
    struct http_response *response, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        http_feed(response, text, strlen(text));
}

// A status line and one long header, n bytes with the empty line.
static void feed_head(
    struct http_response *response, const char *start, size_t n)
{
    char *text = allocate(n);
    size_t len = strlen(start);

    memcpy(text, start, len);
    memset(text + len, 'a', n - len);
    memcpy(text + n - 4, "\r\n\r\n", 4);
    feed(response, text, n);
    free(text);
}

// Fills the head up so that `text` just fits below the limit, then so that
// `text` is one byte too long.
static void check_head_limit(const char *start, const char *text,
    size_t counted, enum http_verdict wanted)
{
    struct http_response response;

    for (size_t over = 0; over < 2; over++) {
        for (int bytewise = 0; bytewise < 2; bytewise++) {
            http_response_init(&response, 64);
            feed_head(&response, start, HTTP_MAX_HEAD - counted + over);
            for (const char *c = text; bytewise && *c != '\0'; c++)
                http_feed(&response, c, 1);
            if (!bytewise && *text != '\0')
                feed(&response, text, strlen(text));
            ck_assert_msg(response.verdict == (over ? HTTP_BAD : wanted),
                "%s + %s: %d", start, text, response.verdict);
            ck_assert_int_eq(
                response.error, over ? ERROR_HEADERS_TOO_LARGE : 0);
            http_response_free(&response);
        }
    }
}

START_TEST(keeps_the_limit_of_heads)
{
    static const char chunked[] = OK "Transfer-Encoding: chunked\r\nA: ";

    check_head_limit(OK "A: ", "", 0, HTTP_MORE);
    check_head_limit("HTTP/1.1 204 ", "", 0, HTTP_DONE);
    check_head_limit(
        "HTTP/1.1 100 x\r\nA: ", "HTTP/1.1 204 x\r\n\r\n", 18, HTTP_DONE);
    check_head_limit(chunked, "0\r\nB: c\r\n\r\n", 8, HTTP_DONE);
    check_head_limit(chunked, "0;a=b\r\n\r\n", 6, HTTP_DONE);
    check_head_limit(chunked, "1 ;b\r\nx\r\n2;b\r\nyz\r\n", 5, HTTP_MORE);
    check_head_limit(chunked, "0000000000000000001\r\n", 3, HTTP_MORE);
}
END_TEST

START_TEST(keeps_the_limit_of_endless_lines)
{
    static const char *const starts[] = { "HTTP/1.1 200 ", OK "A",
        OK "A: ", CHUNKED, CHUNKED "1;", CHUNKED "0\r\nA: " };
    struct http_response response;

    for (size_t i = 0; i < COUNT(starts); i++) {
        http_response_init(&response, 64);
        http_feed(&response, starts[i], strlen(starts[i]));
        feed_times(&response, "0", HTTP_MAX_HEAD + 100);
        ck_assert_int_eq(response.error, ERROR_HEADERS_TOO_LARGE);
        ck_assert_uint_le(response.head_size, HTTP_MAX_HEAD + 100);
        http_response_free(&response);
    }
}
END_TEST

START_TEST(counts_no_chunk_sizes)
{
    struct http_response response;
    size_t count = 2 * HTTP_MAX_HEAD;

    http_response_init(&response, count);
    http_feed(&response, CHUNKED, strlen(CHUNKED));
    feed_times(&response, "0001\r\nx\r\n", count);
    ck_assert_int_eq(response.verdict, HTTP_MORE);
    ck_assert_uint_eq(response.body_len, count);
    feed_times(&response, "0\r\n\r\n", 1);
    ck_assert_int_eq(response.verdict, HTTP_DONE);
    http_response_free(&response);
}
END_TEST

START_TEST(keeps_the_limit_of_interim_responses)
{
    struct http_response response;

    for (size_t count = HTTP_MAX_INTERIM; count <= HTTP_MAX_INTERIM + 1;
         count++) {
        bool over = count > HTTP_MAX_INTERIM;
        http_response_init(&response, 64);
        feed_times(&response, "HTTP/1.1 100 x\r\n\r\n", count);
        feed_times(&response, "HTTP/1.1 204 x\r\n\r\n", 1);
        ck_assert_int_eq(response.verdict, over ? HTTP_BAD : HTTP_DONE);
        ck_assert_int_eq(response.error, over ? ERROR_TOO_MANY_INTERIM : 0);
        http_response_free(&response);
    }
}
END_TEST

START_TEST(allocates_what_arrives_and_not_what_is_promised)
{
    static const char text[] = OK "Content-Length: 16777216\r\n\r\nx";
    struct http_response response;

    http_response_init(&response, HTTP_MAX_BODY);
    http_feed(&response, text, strlen(text));
    ck_assert_int_eq(response.verdict, HTTP_MORE);
    ck_assert_uint_le(response.body_size, 65536);
    feed_times(&response, "xxxxxxx", 100000);
    ck_assert_uint_le(response.body_size, 2 * response.body_len);
    http_response_free(&response);

    http_response_init(&response, SIZE_MAX);
    http_feed(&response, OK "\r\n", strlen(OK "\r\n"));
    feed_times(&response, "x", 100000);
    ck_assert_uint_eq(response.body_len, 100000);
    ck_assert_uint_le(response.body_size, 2 * response.body_len);
    http_response_free(&response);

    http_response_init(&response, 0);
    feed_times(&response, OK "Content-Length: 0\r\n\r\n", 1);
    ck_assert_int_eq(response.verdict, HTTP_DONE);
    http_response_free(&response);
}
END_TEST

// --- Headers -----------------------------------------------------------------

static void check_header(
    const struct http_response *response, const char *name, const char *wanted)
{
    struct slice value = http_header(response, name);

    if (wanted == NULL) {
        ck_assert_ptr_null(value.at);
        return;
    }
    ck_assert_ptr_nonnull(value.at);
    ck_assert_msg(slice_equal(value, slice_of(wanted)), "%s: %.*s", name,
        (int)value.len, value.at);
}

START_TEST(joins_folded_headers)
{
    static const char text[] =
        OK "One: a \t\r\n\t b\nLocation : /a\r\n /b\r\nEmpty:\r\n  \r\n"
           "Late:\r\n x\r\nTwo: 2\r\n\r\n";
    struct http_response response;

    for (size_t size = 1; size < sizeof(text); size++) {
        http_response_init(&response, 64);
        for (size_t i = 0; i < sizeof(text) - 1; i += size) {
            size_t n = sizeof(text) - 1 - i;
            feed(&response, text + i, n < size ? n : size);
        }
        ck_assert_int_eq(response.verdict, HTTP_MORE);
        check_header(&response, "one", "a b");
        check_header(&response, "location", "/a /b");
        check_header(&response, "empty", "");
        check_header(&response, "late", "x");
        check_header(&response, "two", "2");
        http_response_free(&response);
    }
}
END_TEST

START_TEST(finds_headers)
{
    static const char text[] =
        "HTTP/1.1 100 x\r\nEarly: x\r\n\r\n"
        "HTTP/1.1 200 Status: x\r\nOne: 1\r\nTWO:\t two words \t\r\n"
        "Empty:\r\nblank: \t\nOne: 2\r\nColon::b:\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n";
    struct http_response response;

    http_response_init(&response, 64);
    check_header(&response, "one", NULL);
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        feed(&response, text + i, 1);
    ck_assert_int_eq(response.verdict, HTTP_DONE);
    check_header(&response, "one", "1");
    check_header(&response, "Two", "two words");
    check_header(&response, "empty", "");
    check_header(&response, "Blank", "");
    check_header(&response, "colon", ":b:");
    check_header(&response, "on", NULL);
    check_header(&response, "ones", NULL);
    check_header(&response, "", NULL);
    check_header(&response, "early", NULL);
    check_header(&response, "trailer", NULL);
    check_header(&response, "HTTP/1.1 200 Status", NULL);
    ck_assert_mem_eq(response.head, "HTTP/1.1 200 Status: x\r\nOne", 27);
    ck_assert_mem_eq(response.head + response.head_len - 9, "chunked\r\n", 9);
    http_response_free(&response);
    check_header(&response, "one", NULL);
}
END_TEST

static bool is_same(struct slice found, const char *wanted)
{
    return wanted == NULL
               ? found.at == NULL
               : found.at != NULL && slice_equal(found, slice_of(wanted));
}

START_TEST(reads_content_types)
{
    static const struct {
        const char *value;
        const char *type;
        const char *charset;
    } values[] = {
        { "text/html", "text/html", NULL },
        { "text/html; charset=utf-8", "text/html", "utf-8" },
        { "Text/HTML;CharSet=UTF-8", "Text/HTML", "UTF-8" },
        { " text/html\t; charset = utf-8 ; x", "text/html", "utf-8" },
        { "text/html; charset=\"utf-8\"", "text/html", "utf-8" },
        { "text/html; charset=\"utf-8", "text/html", "utf-8" },
        { "text/html; charset=\"a;b\"; c", "text/html", "a;b" },
        { "a/b; x=\"; charset=no\"; charset=yes", "a/b", "yes" },
        { "a/b; x=\"\\\"; charset=no\"; charset=yes", "a/b", "yes" },
        { "a/b; charset=1; charset=2", "a/b", "1" },
        { "a/b; charset=; charset=2", "a/b", "2" },
        { "a/b; charset=\"\"", "a/b", NULL },
        { "a/b; charset", "a/b", NULL },
        { "a/b; xcharset=1", "a/b", NULL },
        { "a/b;", "a/b", NULL },
        { "a/b;;;=;\"\\", "a/b", NULL },
        { "", NULL, NULL },
        { " ", NULL, NULL },
        { "; charset=x", NULL, "x" },
    };
    struct slice type;
    struct slice charset;

    for (size_t i = 0; i < COUNT(values); i++) {
        size_t n = strlen(values[i].value);
        char *copy = allocate(n);
        memcpy(copy, values[i].value, n);
        http_content_type((struct slice){ copy, n }, &type, &charset);
        ck_assert_msg(is_same(type, values[i].type)
                          && is_same(charset, values[i].charset),
            "%s", values[i].value);
        free(copy);
    }
    http_content_type((struct slice){ 0 }, &type, &charset);
    ck_assert(type.at == NULL && charset.at == NULL);
}
END_TEST

// --- The request -------------------------------------------------------------

static void check_get(const char *url_text, const char *wanted,
    char *get(const struct url *url, size_t *len))
{
    struct url url;
    size_t len = 0;

    ck_assert_int_eq(url_parse(&url, url_text, strlen(url_text)), 0);
    char *text = get(&url, &len);
    ck_assert_uint_eq(len, strlen(wanted));
    ck_assert_mem_eq(text, wanted, len);
    free(text);
    url_free(&url);
}

START_TEST(formats_requests)
{
#define REST(connection) \
    "User-Agent: six-ways-to-wait/1\r\n" \
    "Accept: */*\r\n" \
    "Accept-Encoding: identity\r\n" \
    "Connection: " connection "\r\n\r\n"

    static const struct {
        const char *url;
        const char *start;
    } requests[] = {
        { "http://example.com", "GET / HTTP/1.1\r\nHost: example.com\r\n" },
        { "http://u@Example.com:80/a/../b c?d#e",
            "GET /b%20c?d HTTP/1.1\r\nHost: example.com\r\n" },
        { "http://example.com:8080/?",
            "GET /? HTTP/1.1\r\nHost: example.com:8080\r\n" },
        { "http://127.0.0.1:1/", "GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n" },
        { "http://[::1]/", "GET / HTTP/1.1\r\nHost: [::1]\r\n" },
        { "http://[::1]:8080/x", "GET /x HTTP/1.1\r\nHost: [::1]:8080\r\n" },
    };
    char wanted[512];

    for (size_t i = 0; i < COUNT(requests); i++) {
        snprintf(wanted, sizeof(wanted), "%s" REST("close"), requests[i].start);
        check_get(requests[i].url, wanted, http_get);
        snprintf(
            wanted, sizeof(wanted), "%s" REST("keep-alive"), requests[i].start);
        check_get(requests[i].url, wanted, http_get_kept);
    }
}
END_TEST

// --- Mutations ---------------------------------------------------------------

// Feeds in pieces of at most `most` bytes and closes.
static void feed_pieces(struct http_response *response, const char *text,
    size_t n, size_t most, uint32_t *seed)
{
    http_response_init(response, 64);
    while (n > 0) {
        size_t piece = most < n ? 1 + random_next(seed) % most : n;
        feed(response, text, piece);
        text += piece;
        n -= piece;
    }
    feed(response, "", 0);
}

// Any text gives the same result in one piece and in many.
static void check_pieces(const char *text, size_t n, uint32_t *seed)
{
    struct http_response a;
    struct http_response b;

    feed_pieces(&a, text, n, n, seed);
    feed_pieces(&b, text, n, 5, seed);
    ck_assert(a.verdict != HTTP_MORE && a.verdict == b.verdict
              && a.error == b.error && a.status == b.status);
    if (a.verdict == HTTP_DONE || a.verdict == HTTP_CLOSED) {
        ck_assert(a.body_len == b.body_len && a.head_len == b.head_len
                  && a.surplus == b.surplus);
        if (a.body_len > 0)
            ck_assert_mem_eq(a.body, b.body, a.body_len + 1);
        if (a.head_len > 0)
            ck_assert_mem_eq(a.head, b.head, a.head_len);
    }
    http_header(&a, "content-type");
    http_response_free(&a);
    http_response_free(&b);
}

START_TEST(survives_mutations)
{
    static const char bytes[] = "\r\n:;, \t019afHTP/.";
    static const struct {
        const struct example *examples;
        size_t count;
    } tables[] = { { lengths, COUNT(lengths) }, { chunks, COUNT(chunks) },
        { until_close, COUNT(until_close) }, { no_body, COUNT(no_body) },
        { encodings, COUNT(encodings) }, { lenient, COUNT(lenient) },
        { folds, COUNT(folds) }, { transfer_lists, COUNT(transfer_lists) } };
    uint32_t seed = 9112;

    for (size_t round = 0; round < 5000; round++) {
        size_t table = round % COUNT(tables);
        size_t row = random_next(&seed) % tables[table].count;
        const char *from = tables[table].examples[row].text;
        char text[256];
        size_t len = strlen(from);
        ck_assert_uint_le(len, sizeof(text));
        memcpy(text, from, len);
        for (uint32_t n = random_next(&seed) % 5; n > 0 && len > 0; n--) {
            uint32_t choice = random_next(&seed) % (2 * sizeof(bytes));
            text[random_next(&seed) % len] = choice < sizeof(bytes)
                                                 ? bytes[choice]
                                                 : (char)random_next(&seed);
        }
        check_pieces(text, len, &seed);
    }
}
END_TEST

static Suite *http_suite(void)
{
    Suite *suite = suite_create("http");
    TCase *tcase = tcase_create("http");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, reads_good_responses);
    tcase_add_test(tcase, notices_early_closes);
    tcase_add_test(tcase, keeps_nul_bytes_of_bodies);
    tcase_add_test(tcase, knows_which_connections_can_be_kept);
    tcase_add_test(tcase, keeps_no_connection_without_a_complete_response);
    tcase_add_test(tcase, refuses_status_lines);
    tcase_add_test(tcase, refuses_headers);
    tcase_add_test(tcase, refuses_lengths);
    tcase_add_test(tcase, refuses_transfer_codings);
    tcase_add_test(tcase, refuses_chunks);
    tcase_add_test(tcase, knows_the_status_of_a_response_that_failed);
    tcase_add_test(tcase, settles_what_needs_no_body);
    tcase_add_test(tcase, knows_coded_bodies);
    tcase_add_test(tcase, knows_its_own_request);
    tcase_add_test(tcase, keeps_the_limit_of_heads);
    tcase_add_test(tcase, keeps_the_limit_of_endless_lines);
    tcase_add_test(tcase, counts_no_chunk_sizes);
    tcase_add_test(tcase, keeps_the_limit_of_interim_responses);
    tcase_add_test(tcase, allocates_what_arrives_and_not_what_is_promised);
    tcase_add_test(tcase, joins_folded_headers);
    tcase_add_test(tcase, finds_headers);
    tcase_add_test(tcase, reads_content_types);
    tcase_add_test(tcase, formats_requests);
    tcase_add_test(tcase, survives_mutations);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return suite_run(http_suite());
}
