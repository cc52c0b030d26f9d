// A reference, absolute and relative: the result is canonical, printable, and
// unchanged when parsed again.

#include "fuzz.h"
#include "url.h"

static void check(const struct url *url)
{
    struct url again;
    size_t len = strlen(url->text);

    must(len <= URL_MAX);
    for (size_t i = 0; i < len; i++)
        must(url->text[i] > ' ' && url->text[i] < 0x7f);
    if (url->scheme == URL_OTHER)
        return;
    must(url->host.len > 0 && url->port > 0);
    must(url->path.len > 0 && url->path.at[0] == '/');
    must(url->target.at == url->path.at);
    must(url->target.at + url->target.len == url->text + len);
    must(url_parse(&again, url->text, len) == 0);
    must(strcmp(again.text, url->text) == 0);
    url_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char base_text[] = "http://example.com:8080/a/b/c?d=e";
    struct url base;
    struct url url;
    char *bytes = copy_of(data, size);
    char *text = text_of(data, size);

    must(url_parse(&base, base_text, strlen(base_text)) == 0);
    if (url_parse(&url, bytes, size) == 0) {
        check(&url);
        url_free(&url);
    }
    if (url_resolve(&url, &base, bytes, size) == 0) {
        check(&url);
        url_free(&url);
    }
    if (url_parse_typed(&url, text) == 0) {
        check(&url);
        url_free(&url);
    }
    url_free(&base);
    free(bytes);
    free(text);
    return 0;
}
