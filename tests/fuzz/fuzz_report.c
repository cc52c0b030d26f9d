// A crawl of one page with hostile URL, headers and links: the JSON report is
// valid, and the printed report has no control characters.

#include "fuzz.h"
#include "frontier.h"

#include "json_valid.h"

static void check_report(struct frontier *frontier)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    must(out != NULL);
    fputc('{', out);
    frontier_json(frontier, out);
    fputc('}', out);
    must(fclose(out) == 0);
    must(strlen(text) == len);
    must(json_is_valid(text));
    free(text);

    out = open_memstream(&text, &len);
    must(out != NULL);
    frontier_print(frontier, out, 1, 1);
    must(fclose(out) == 0);
    for (size_t i = 0; i < len; i++)
        must(text[i] == '\n' || (unsigned char)text[i] >= ' ');
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct options options = { .max_redirect = 3, .max_tries = 2,
        .max_body = 100000, .quiet = true };
    struct frontier frontier;
    struct http_response response;
    struct page *page;

    // The root's path on the first line, the response behind it.
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    if (end == NULL)
        return 0;
    char *path = text_of(data, (size_t)(end - data));
    char *root = malloc(strlen(path) + 32);
    must(root != NULL);
    snprintf(root, strlen(path) + 32, "http://example.com/%s", path);
    size_t n = size - (size_t)(end + 1 - data);
    must(frontier_init(&frontier, &options) == 0);
    frontier_add_root(&frontier, root);
    for (int i = 0; i < 20 && (page = frontier_next(&frontier)) != NULL; i++) {
        enum http_verdict verdict = HTTP_MORE;
        do {
            char *bytes = copy_of(end + 1, n);
            http_response_init(&response, options.max_body);
            verdict = n > 0 ? http_feed(&response, bytes, n) : HTTP_MORE;
            if (verdict == HTTP_MORE)
                http_feed(&response, bytes, 0);
            free(bytes);
        } while (frontier_done(&frontier, page, response.error, &response) > 0);
    }
    check_report(&frontier);
    frontier_free(&frontier);
    free(root);
    free(path);
    return 0;
}
