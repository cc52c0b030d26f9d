// A response, fed in one piece and in several: the results must be the same.

#include "fuzz.h"
#include "http.h"

enum { MAX_BODY = 5000 };

static enum http_verdict feed_in_pieces(
    struct http_response *response, const char *bytes, size_t n, unsigned seed)
{
    enum http_verdict verdict = HTTP_MORE;

    while (n > 0 && verdict == HTTP_MORE) {
        seed = seed * 1103515245u + 12345u;
        size_t piece = 1 + (seed >> 16) % 16;
        piece = piece < n ? piece : n;
        verdict = http_feed(response, bytes, piece);
        bytes += piece;
        n -= piece;
    }
    // What is left of a complete response is surplus.
    if (verdict == HTTP_DONE && n > 0)
        http_feed(response, bytes, n);
    return verdict == HTTP_MORE ? http_feed(response, bytes, 0) : verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_response whole;
    struct http_response pieces;
    struct slice type;
    struct slice charset;

    if (size < 1)
        return 0;
    char *bytes = copy_of(data + 1, size - 1);
    http_response_init(&whole, MAX_BODY);
    http_response_init(&pieces, MAX_BODY);
    enum http_verdict verdict =
        size > 1 ? http_feed(&whole, bytes, size - 1) : HTTP_MORE;
    if (verdict == HTTP_MORE)
        verdict = http_feed(&whole, bytes, 0);
    must(verdict != HTTP_MORE);
    must(feed_in_pieces(&pieces, bytes, size - 1, data[0]) == verdict);
    must(whole.error == pieces.error);
    must(whole.keeps == pieces.keeps && whole.surplus == pieces.surplus);
    must(!whole.keeps || (verdict == HTTP_DONE && whole.surplus == 0));
    if (verdict == HTTP_DONE) {
        must(whole.status == pieces.status && whole.error == 0);
        must(whole.body_len == pieces.body_len && whole.body_len <= MAX_BODY);
        must(whole.body_len == 0
             || memcmp(whole.body, pieces.body, whole.body_len) == 0);
        must(whole.head_len == pieces.head_len);
        http_content_type(
            http_header(&whole, "content-type"), &type, &charset);
    }
    http_response_free(&whole);
    http_response_free(&pieces);
    free(bytes);
    return 0;
}
