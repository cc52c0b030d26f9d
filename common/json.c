// json.c - escapes strings byte by byte; finds a value by skipping all values
// before it, without building a tree.

#include "json.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

// The length of the UTF-8 character at text[0] (Unicode table 3-7). For an
// ill-formed sequence, minus the number of bytes to replace by one U+FFFD. n is
// at least 1.
static int character_length(const unsigned char *text, size_t n)
{
    unsigned char first = text[0];
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    int length;

    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        length = 2;
    else if (first >= 0xE0 && first <= 0xEF)
        length = 3;
    else if (first >= 0xF0 && first <= 0xF4)
        length = 4;
    else
        return -1;
    if (first == 0xE0)
        low = 0xA0; // below: overlong forms
    if (first == 0xED)
        high = 0x9F; // above: surrogates
    if (first == 0xF0)
        low = 0x90; // below: overlong forms
    if (first == 0xF4)
        high = 0x8F; // above: larger than U+10FFFF
    for (int i = 1; i < length; i++) {
        if ((size_t)i == n || text[i] < low || text[i] > high)
            return -i;
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

// C0, DEL and C1 (U+0080 to U+009F: terminals act on these as well).
static bool is_control(const unsigned char *at, int length)
{
    return (length == 1 && (*at < 0x20 || *at == 0x7F))
        || (length == 2 && at[0] == 0xC2 && at[1] < 0xA0);
}

void json_string(FILE *out, struct slice text)
{
    if (text.at == NULL) {
        fputs("null", out);
        return;
    }
    putc('"', out);
    for (size_t i = 0; i < text.len;) {
        const unsigned char *at = (const unsigned char *)text.at + i;
        int length = character_length(at, text.len - i);
        if (length < 0)
            fputs("\xEF\xBF\xBD", out);
        else if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if (is_control(at, length)) // C1: the second byte is the code
            fprintf(out, "\\u%04x", at[length - 1]);
        else
            fwrite(at, 1, (size_t)length, out);
        i += (size_t)abs(length);
    }
    putc('"', out);
}

void json_printable(char *to, size_t size, struct slice text)
{
    size_t used = 0;

    for (size_t i = 0; i < text.len;) {
        const unsigned char *at = (const unsigned char *)text.at + i;
        int length = character_length(at, text.len - i);
        const char *piece = (const char *)at;
        size_t n = (size_t)abs(length);
        i += n;
        if (length < 0 || is_control(at, length)) {
            piece = "\xEF\xBF\xBD";
            n = 3;
        }
        if (used + n >= size)
            break;
        memcpy(to + used, piece, n);
        used += n;
    }
    to[used] = '\0';
}

// --- Reading ---------------------------------------------------------------

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && strchr(" \t\r\n", *at) != NULL && *at != '\0')
        at++;
    return at;
}

static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '\\' && at + 1 < end)
            at++;
        else if (*at == '"')
            return at + 1;
    }
    return end;
}

// Returns the end of the value at `at`. Counts brackets without matching their
// kinds.
static const char *skip_value(const char *at, const char *end)
{
    int depth = 0;

    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            if (depth == 0)
                return at;
            depth--;
            at++;
        } else if (depth == 0 && *at == ',') {
            return at;
        } else {
            at++;
            continue;
        }
        if (depth == 0)
            return at;
    }
    return end;
}

// The member `name` of an object, or the element with index `name` of an array.
static struct slice find_member(struct slice json, struct slice name)
{
    const char *end = json.at + json.len;
    const char *at = skip_space(json.at, end);
    bool object = at < end && *at == '{';
    bool digits = name.len > 0 && ascii_is_digit(*name.at);
    long index = !object && digits ? strtol(name.at, NULL, 10) : LONG_MAX;

    if (at == end || (*at != '{' && *at != '['))
        return (struct slice){ NULL, 0 };
    at = skip_space(at + 1, end);
    while (at < end && *at != '}' && *at != ']') {
        bool found = !object && index-- == 0;
        if (object) {
            const char *key_end = skip_string(at, end);
            struct slice key = { at + 1, (size_t)(key_end - at) };
            key.len = key.len >= 2 ? key.len - 2 : 0;
            found = slice_equal(key, name);
            at = skip_space(key_end, end);
            at = skip_space(at < end ? at + 1 : end, end); // the colon
        }
        const char *value_end = skip_value(at, end);
        if (found)
            return (struct slice){ at, (size_t)(value_end - at) };
        at = skip_space(value_end, end);
        if (at < end && *at == ',')
            at = skip_space(at + 1, end);
        else
            break;
    }
    return (struct slice){ NULL, 0 };
}

struct slice json_find(struct slice json, const char *path)
{
    while (*path != '\0' && json.at != NULL) {
        struct slice name = { path, strcspn(path, "/") };
        json = find_member(json, name);
        path += name.len;
        path += *path == '/';
    }
    return json;
}

double json_number(struct slice json, const char *path, double otherwise)
{
    struct slice value = json_find(json, path);
    char digits[32];

    if (value.at == NULL || value.len == 0 || value.len >= sizeof(digits))
        return otherwise;
    memcpy(digits, value.at, value.len);
    digits[value.len] = '\0';
    char *end;
    double number = strtod(digits, &end);
    return end == digits ? otherwise : number;
}
