// json_valid.h - checks that a whole text is JSON (RFC 8259). json.h does not
// check, because our programs have written all JSON that json.h reads.

#ifndef JSON_VALID_H
#define JSON_VALID_H

#include <stdbool.h>
#include <string.h>

static inline const char *json_value_end(const char *at);

static inline const char *json_blank_end(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

// Returns the end of the digits, or NULL if there is no digit.
static inline const char *json_digits_end(const char *at)
{
    size_t n = strspn(at, "0123456789");

    return n > 0 ? at + n : NULL;
}

static inline const char *json_number_end(const char *at)
{
    at += *at == '-';
    if (*at == '0' && at[1] >= '0' && at[1] <= '9')
        return NULL;
    at = json_digits_end(at);
    if (at != NULL && *at == '.')
        at = json_digits_end(at + 1);
    if (at != NULL && (*at == 'e' || *at == 'E')) {
        at++;
        at = json_digits_end(at + (*at == '+' || *at == '-'));
    }
    return at;
}

static inline const char *json_string_end(const char *at)
{
    if (*at++ != '"')
        return NULL;
    for (; *at != '"'; at++) {
        if ((unsigned char)*at < 0x20)
            return NULL;
        if (*at != '\\')
            continue;
        at++;
        if (*at == 'u' && strspn(at + 1, "0123456789abcdefABCDEF") >= 4)
            at += 4;
        else if (*at == '\0' || strchr("\"\\/bfnrt", *at) == NULL)
            return NULL;
    }
    return at + 1;
}

// Returns the end of an object or an array, or NULL if it is malformed.
static inline const char *json_members_end(const char *at, char close)
{
    at = json_blank_end(at + 1);
    if (*at == close)
        return at + 1;
    for (;;) {
        if (close == '}') {
            at = json_string_end(json_blank_end(at));
            if (at == NULL)
                return NULL;
            at = json_blank_end(at);
            if (*at++ != ':')
                return NULL;
        }
        at = json_value_end(at);
        if (at == NULL)
            return NULL;
        at = json_blank_end(at);
        if (*at == close)
            return at + 1;
        if (*at++ != ',')
            return NULL;
    }
}

// Returns the end of the value that starts here, or NULL if it is malformed.
static inline const char *json_value_end(const char *at)
{
    static const char *const words[] = { "null", "true", "false" };

    at = json_blank_end(at);
    for (int i = 0; i < 3; i++) {
        if (strncmp(at, words[i], strlen(words[i])) == 0)
            return at + strlen(words[i]);
    }
    if (*at == '{')
        return json_members_end(at, '}');
    if (*at == '[')
        return json_members_end(at, ']');
    return *at == '"' ? json_string_end(at) : json_number_end(at);
}

static inline bool json_is_valid(const char *text)
{
    const char *end = json_value_end(text);

    return end != NULL && *json_blank_end(end) == '\0';
}

#endif
