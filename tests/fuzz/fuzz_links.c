// A page, as HTML and XML, in three charsets: every link is canonical, and the
// page has room for all of them.

#include "errors.h"
#include "fuzz.h"
#include "links.h"

static void follow(
    const char *bytes, size_t size, const char *type, const char *charset)
{
    static const char page_text[] = "http://example.com/a/b";
    struct url page;
    struct links links;
    struct url link;
    size_t count = 0;

    must(url_parse(&page, page_text, strlen(page_text)) == 0);
    int error = links_init(
        &links, &page, slice_of(type), slice_of(charset), bytes, size);
    must(error == 0 || error == ERROR_CHARSET);
    while (error == 0 && links_next(&links, &link)) {
        for (const char *c = link.text; *c != '\0'; c++)
            must(*c > ' ' && *c < 0x7f);
        must(++count <= size / strlen("<a href="));
        url_free(&link);
    }
    must(!links.out_of_memory);
    links_free(&links);
    url_free(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = copy_of(data, size);

    follow(bytes, size, "text/html", "");
    follow(bytes, size, "text/html", "iso-8859-1");
    follow(bytes, size, "application/xml", "koi8-r");
    free(bytes);
    return 0;
}
