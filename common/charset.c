// charset.c - compares a label with lists of charset names; windows-1252 as a
// table.

#include "charset.h"

#include <stdint.h>

// Labels from the WHATWG's Encoding standard. Nearly all pages labelled
// iso-8859-1 are really in windows-1252; the remaining pages read the same in
// both charsets.
static const char *const named_1252[] = { "ansi_x3.4-1968", "ascii", "cp1252",
    "cp819", "csisolatin1", "ibm819", "iso-8859-1", "iso-ir-100", "iso8859-1",
    "iso88591", "iso_8859-1", "iso_8859-1:1987", "l1", "latin1", "us-ascii",
    "windows-1252", "x-cp1252" };
static const char *const named_utf8[] = { "unicode-1-1-utf-8", "unicode11utf8",
    "unicode20utf8", "utf-8", "utf8", "x-unicode20utf8" };

// Prefixes of the names of unreadable charsets. (Browsers can read a few of
// these.)
static const char *const unreadable[] = { "utf-16", "utf16", "utf-32", "utf32",
    "utf-7", "ucs-", "iso-10646-ucs", "csunicode", "unicodef", "iso-2022-",
    "csiso2022", "hz-gb-2312", "ebcdic", "ibm037", "cp037" };

#define COUNT(names) (sizeof(names) / sizeof(*(names)))

static bool is_unreadable(struct slice label)
{
    for (size_t i = 0; i < COUNT(unreadable); i++) {
        struct slice start = { label.at, strlen(unreadable[i]) };
        if (label.len >= start.len && slice_like(start, unreadable[i]))
            return true;
    }
    return slice_like(label, "unicode");
}

static bool begins_with(struct slice page, const char *bytes, size_t n)
{
    return page.len >= n && memcmp(page.at, bytes, n) == 0;
}

// ASCII characters in UTF-16 have a NUL as every other byte. A page begins with
// two ASCII characters: "<" and a letter, "!" or "?".
static bool looks_like_utf16(struct slice page)
{
    if (page.len < 4)
        return false;
    bool first = page.at[0] == '\0';
    bool second = page.at[1] == '\0';
    return first != second && first == (page.at[2] == '\0')
        && second == (page.at[3] == '\0');
}

enum charset charset_of(struct slice label, struct slice page)
{
    if (begins_with(page, "\xef\xbb\xbf", 3))
        return CHARSET_UTF8;
    if (begins_with(page, "\xfe\xff", 2) || begins_with(page, "\xff\xfe", 2)
        || is_unreadable(label))
        return CHARSET_UNREADABLE;
    if (slice_is_one_of(label, named_1252, COUNT(named_1252)))
        return CHARSET_1252;
    if (slice_is_one_of(label, named_utf8, COUNT(named_utf8)))
        return CHARSET_UTF8;
    if (looks_like_utf16(page))
        return CHARSET_UNREADABLE;
    return label.len > 0 ? CHARSET_OTHER : CHARSET_UTF8;
}

// --- windows-1252 ------------------------------------------------------------

// Bytes 0x80 to 0x9f. Every other byte is its own code in Unicode.
static const uint16_t from_0x80_to_0x9f[] = { 0x20ac, 0x81, 0x201a, 0x192,
    0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d,
    0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178 };

unsigned charset_from_1252(unsigned char byte)
{
    if (byte < 0x80 || byte >= 0xa0)
        return byte;
    return from_0x80_to_0x9f[byte - 0x80];
}

int charset_to_1252(unsigned long code)
{
    if (code < 0x80 || (code >= 0xa0 && code < 0x100))
        return (int)code;
    for (size_t i = 0; i < COUNT(from_0x80_to_0x9f); i++) {
        if (from_0x80_to_0x9f[i] == code)
            return (int)(0x80 + i);
    }
    return -1;
}
