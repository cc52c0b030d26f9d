// transfer.c - sets up a libcurl handle, collects head and body in callbacks,
// and converts libcurl's errors to those of errors.h.

#include "transfer.h"

#include "errors.h"

#include <errno.h>
#include <stdlib.h>

static long timeout_ms;
static struct curl_slist *resolves;

// --- Head and body -----------------------------------------------------------

// Appends n bytes and a NUL. Doubles the buffer, as http.c does.
static bool append(
    char **buffer, size_t *len, size_t *size, const char *bytes, size_t n)
{
    if (*len + n > *size) {
        size_t bigger = *size > 0 ? 2 * *size : 512;
        if (bigger < *len + n)
            bigger = *len + n;
        char *moved = realloc(*buffer, bigger + 1);
        if (moved == NULL)
            return false;
        *buffer = moved;
        *size = bigger;
    }
    memcpy(*buffer + *len, bytes, n);
    *len += n;
    (*buffer)[*len] = '\0';
    return true;
}

// Aborts the transfer: a callback of libcurl returns fewer bytes than received.
static size_t refuse(struct transfer *t, int error)
{
    t->error = error;
    return 0;
}

static long status_of(const struct transfer *t)
{
    long status = 0;

    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

// libcurl calls this for each line of each head, and for trailers. Keeps the
// head of the final response, without the empty line.
static size_t on_header(char *line, size_t one, size_t n, void *data)
{
    struct transfer *t = data;
    struct http_response *r = &t->response;

    (void)one;
    span_first_byte(&t->span);
    if (t->in_body)
        return n; // a trailer
    r->head_total += n;
    if (r->head_total > HTTP_MAX_HEAD)
        return refuse(t, ERROR_HEADERS_TOO_LARGE);
    if (n > 2 || line[0] == ' ' || line[0] == '\t')
        return append(&r->head, &r->head_len, &r->head_size, line, n)
            ? n
            : refuse(t, -ENOMEM);
    if (status_of(t) >= 200) {
        t->in_body = true;
        return n;
    }
    r->head_len = 0;
    return ++r->interim > HTTP_MAX_INTERIM ? refuse(t, ERROR_TOO_MANY_INTERIM)
                                           : n;
}

static size_t on_body(char *bytes, size_t one, size_t n, void *data)
{
    struct transfer *t = data;
    struct http_response *r = &t->response;

    (void)one;
    // CURLOPT_MAXFILESIZE cannot be used: it refuses a response before the end
    // of the head has reached on_header().
    if (n > r->max_body - r->body_len)
        return refuse(t, ERROR_BODY_TOO_LARGE);
    return append(&r->body, &r->body_len, &r->body_size, bytes, n)
        ? n
        : refuse(t, -ENOMEM);
}

// --- Errors ------------------------------------------------------------------

// The errno behind an error of libcurl, or `otherwise` if libcurl has none.
static int system_error(const struct transfer *t, int otherwise)
{
    long number = 0;

    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number);
    return number > 0 ? -(int)number : otherwise;
}

// libcurl distinguishes fewer errors of a peer than http.c, accepts some
// responses that http.c refuses, and has one code both for a name that does not
// exist and for a failed look-up.
static int error_of(const struct transfer *t, CURLcode code)
{
    struct slice coding = http_header(&t->response, "transfer-encoding");

    switch (code) {
    case CURLE_OK: return t->in_body ? 0 : ERROR_CLOSED_EARLY;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE: return ERROR_CLOSED_EARLY;
    case CURLE_OPERATION_TIMEDOUT: return -ETIMEDOUT;
    case CURLE_COULDNT_CONNECT: return system_error(t, -ECONNREFUSED);
    case CURLE_SEND_ERROR: return system_error(t, -ECONNRESET);
    case CURLE_RECV_ERROR: // includes malformed chunks
        return system_error(
            t, t->in_body && coding.len > 0 ? ERROR_CHUNK : -ECONNRESET);
    case CURLE_COULDNT_RESOLVE_HOST: return ERROR_NO_SUCH_HOST;
    case CURLE_UNSUPPORTED_PROTOCOL: // the response looked like HTTP/0.9
        return ERROR_STATUS_LINE;
    case CURLE_WEIRD_SERVER_REPLY:
        return t->response.head_len > 0 ? ERROR_HEADER : ERROR_STATUS_LINE;
    case CURLE_BAD_CONTENT_ENCODING: // by default only of transfer codings
        return ERROR_TRANSFER_ENCODING;
    case CURLE_URL_MALFORMAT: return -EINVAL;
    case CURLE_OUT_OF_MEMORY: // before 8.6 includes a line over 100 KB
        return -ENOMEM;
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE: return ERROR_HEADERS_TOO_LARGE;
#endif
    default: return system_error(t, -EIO);
    }
}

// --- One transfer ------------------------------------------------------------

int transfer_setup(const struct options *options)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return -ENOMEM;
    timeout_ms = (long)(options->timeout * 1e3 + 0.5);
    for (int i = 0; i < options->resolves.count; i++) {
        struct curl_slist *longer =
            curl_slist_append(resolves, options->resolves.texts[i]);
        if (longer == NULL)
            return -ENOMEM;
        resolves = longer;
    }
    return 0;
}

void transfer_teardown(void)
{
    curl_slist_free_all(resolves);
    resolves = NULL;
    curl_global_cleanup();
}

// Sets the options that are the same for all transfers. Checks only calls with
// a string, which may lack memory: every libcurl since 7.66 knows all options.
static bool set_options(struct transfer *t)
{
    CURLcode code = CURLE_OK;

    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(t->easy, CURLOPT_RESOLVE, resolves);
#if LIBCURL_VERSION_NUM >= 0x075500
    code = curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http");
#else
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTP);
#endif
    if (code == CURLE_OK)
        code =
            curl_easy_setopt(t->easy, CURLOPT_USERAGENT, "six-ways-to-wait/1");
    if (code == CURLE_OK) // overrides the variable http_proxy
        code = curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
    return code == CURLE_OK;
}

int transfer_start(struct transfer *t)
{
    http_response_init(&t->response, t->max_body);
    t->span = (struct span){ .task = t->span.task };
    t->error = 0;
    t->in_body = false;
    if (t->easy == NULL) {
        t->easy = curl_easy_init();
        if (t->easy == NULL)
            return -ENOMEM;
        if (!set_options(t)) {
            transfer_free(t);
            return -ENOMEM;
        }
    }
    if (curl_easy_setopt(t->easy, CURLOPT_URL, t->url->text) != CURLE_OK)
        return -ENOMEM;
    span_asked(&t->span);
    return 0;
}

void transfer_end(struct transfer *t, CURLcode code)
{
    curl_off_t connect_us = 0;

    curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &connect_us);
    if (connect_us > 0)
        t->span.connected = t->span.asked + (double)connect_us * 1e-6;
    span_done(&t->span);
    if (t->error == 0)
        t->error = error_of(t, code);
    // A 1xx status is not that of the final response.
    long status = status_of(t);
    t->response.status = status >= 200 ? (int)status : 0;
    t->response.has_head = t->in_body;
    t->response.error = t->error;
    if (code != CURLE_OK) // the handle would keep the old CURLINFO_OS_ERRNO
        transfer_free(t);
}

void transfer_free(struct transfer *t)
{
    if (t->easy != NULL)
        curl_easy_cleanup(t->easy);
    t->easy = NULL;
}
