// A page: every link is canonical, and there are no more than the page has
// room for.

#include "fuzz.h"
#include "links.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char page_text[] = "http://example.com/a/b";
    struct url page;
    struct links links;
    struct url link;
    size_t count = 0;
    char *bytes = copy_of(data, size);

    must(url_parse(&page, page_text, strlen(page_text)) == 0);
    must(links_init(&links, &page, bytes, size) == 0);
    while (links_next(&links, &link)) {
        for (const char *c = link.text; *c != '\0'; c++)
            must(*c > ' ' && *c < 0x7f);
        must(++count <= size / strlen("<a href="));
        url_free(&link);
    }
    must(!links.out_of_memory);
    links_free(&links);
    url_free(&page);
    free(bytes);
    return 0;
}
