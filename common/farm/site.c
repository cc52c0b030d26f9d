// site.c - the encyclopaedia of waiting, and generated sites.
//
// Each row of the table is a URL. The rows of animals/, waiting/ and farm/ are
// articles, which are linked by rule. Each page of shapes/ can be reached only
// by the shape of link that it is named after: a crawler that misreads the
// shape misses the page.

#include "site.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define COUNT(array) (int)(sizeof(array) / sizeof(*(array)))

enum {
    RAW = 1, // the text is the whole body
    SLOW = 2, // 150 ms instead of 20
    CHUNKED = 4,
    UNTIL_CLOSE = 8,
    LARGE = 16, // 300 KB of straw before the text
    UNTYPED = 32, // no Content-Type
};

struct row {
    const char *path; // below /site/
    const char *text; // $ stands for the host; for a redirect, the Location
    const char *type; // NULL: text/html; charset=utf-8
    int status; // 0: 200
    int flags;
};

#define PAGE(where, ...) \
    { \
        .path = where, .text = __VA_ARGS__ \
    }

static const struct row rows[] = {
    PAGE("",
        "An encyclopaedia of waiting, in slow volumes: "
        "<a href=\"animals/\">animals</a>, <a href='/site/waiting/'>waiting"
        "</a>, <a href=farm/>the farm</a>, <a href=\"./odds/\">odds and "
        "ends</a>. <link rel=stylesheet href=style.css>"),
    PAGE("style.css", "a[href='trap/style.html'] { cursor: wait }\n",
        .type = "text/css", .flags = RAW),

    PAGE("animals/", "Twelve animals, in the order in which they queue:"),
    PAGE("animals/cow.html", "The cow waits four times: once in each stomach."),
    PAGE("animals/pig.html", "The pig believes that it is being waited for."),
    PAGE("animals/sheep.html", "Counting sheep is polling, with wool."),
    PAGE("animals/chicken.html",
        "The chicken crossed the road when it was ready "
        "to be written to."),
    PAGE("animals/bird.html", "The early bird gets EAGAIN."),
    PAGE("animals/duck.html", "The duck looks idle. Its feet are a busy loop."),
    PAGE("animals/dog.html",
        "A dog blocks at the door until you come home, and "
        "holds no lock while it does."),
    PAGE(
        "animals/cat.html", "The cat is woken by the tin, never by the clock."),
    PAGE("animals/frog.html",
        "The frog was a prince, and still awaits a future."),
    PAGE("animals/horse.html",
        "The horse sleeps standing, so that waking costs "
        "nothing."),
    PAGE("animals/turkey.html",
        "The turkey has a deadline, and has not read it."),
    PAGE("animals/rooster.html", "The rooster is a timer with feathers."),

    PAGE("waiting/", "Ways to wait, from the patient to the clever:"),
    PAGE("waiting/queue.html", "Everybody waits, but each only for one cow."),
    PAGE("waiting/barrier.html",
        "The gate that opens when the last lamb is in."),
    PAGE("waiting/callback.html", "\"Don't call us, we'll call you,\" said the "
                                  "owl, and it did, at night."),
    PAGE("waiting/coroutine.html",
        "Two who dig one furrow: each stops where the "
        "other goes on."),
    PAGE("waiting/deadlock.html", "Two goats on one narrow bridge."),
    PAGE("waiting/dream.html", "What a stack does while it is not being run."),
    PAGE("waiting/molasses.html", "Sorry, this one takes longer.",
        .flags = SLOW),
    PAGE("waiting/patience.html", "A loop that does not spin."),
    PAGE(
        "waiting/poll.html", "Is it milk yet? Is it milk yet? Is it milk yet?"),
    PAGE("waiting/tortoise.html", "It is slow, but its tail latency is short.",
        .flags = SLOW),

    PAGE("farm/", "The buildings, clockwise from the gate:"),
    PAGE("farm/barn.html", "Keeps the hay that the needles are hidden in."),
    PAGE("farm/dairy.html", "Where buffers are churned."),
    PAGE("farm/fence.html", "Orders what is read before and written after."),
    PAGE("farm/gate.html", "A semaphore on hinges."),
    PAGE("farm/pond.html", "A pool of threads, mostly ducks.", .flags = SLOW),
    PAGE("farm/silo.html", "First in, last out, and dusty: a stack."),
    PAGE("farm/trough.html", "A bounded buffer. Pigs produce the demand."),

    PAGE("odds/",
        "Signposts: <a href=../moved/1>a long way</a>, <a href=../join/left>"
        "left</a>, <a href=../join/right>right</a>, <a href=../cycle/hen>hen"
        "</a>, <a href=../cycle/self>a mirror</a>, <a href=../away/host>away"
        "</a>, <a href=../away/scheme>far away</a>. And here are:"),
    PAGE("odds/shapes.html",
        "<a href=\"../shapes/parent.html\">up and down again</a>\n"
        "<a href=\"/site/shapes/rooted.html\">from the root</a>\n"
        "<a href=\"http://$/site/shapes/absolute.html\">in full</a>\n"
        "<a href=\"//$/site/shapes/network.html\">without a scheme</a>\n"
        "<a href='../shapes/single.html'>single quotes</a>\n"
        "<a href=../shapes/unquoted.html>no quotes</a>\n"
        "<A HREF=\"../shapes/upper.html\">LOUD</A>\n"
        "<a\n  class=far\n  href = \"../shapes/spaced.html\"\n>spaced</a>\n"
        "<a href=\" ../shapes/trimmed.html \">trimmed</a>\n"
        "<a href=\"../shapes/&#101;ntity.html\">decimal</a>\n"
        "<a href=\"../shapes/&#x6E;umeric.html\">hexadecimal</a>\n"
        "<a href=\"../shapes/amp.html?hay=1&amp;straw=2\">ampersand</a>\n"
        "<a href=\"../shapes/fragment.html#head\">head</a>\n"
        "<a href=\"../shapes/fragment.html#tail\">tail</a>\n"
        "<a href=\"./../odds/.././shapes/x/../dots.html\">dots</a>\n"
        "<a href=\"/../../site/shapes/above.html\">above the root</a>\n"
        "<a href=\"../shapes/caf\xc3\xa9.html\">UTF-8</a>\n"
        "<a href=\"../shapes/hay stack.html\">a blank</a>\n"
        "<a href=\"../shapes/%7efarmer.html\">a needless escape</a>\n"
        "<a title=\"a > b, href='../trap/title.html'\" "
        "href=\"../shapes/quotes.html\">quoted mark-up</a>\n"
        "<map><area href=\"../shapes/area.html\"></map>\n"
        "<a href=\"../search?q=cow\">a query</a>\n"
        "<a href=\"\">here</a> <a href=\"#here\">here</a>\n"
        "<a data-href=\"../trap/data.html\">not a link</a>\n"
        "<img src=\"../trap/image.png\" alt=\"not a link\">"),
    PAGE("odds/hidden.html",
        "<!-- <a href=\"../trap/comment.html\">no</a> -->\n"
        "<!-- > <a href='../trap/arrow.html'>no</a> -->\n"
        "<script>'<a href=\"../trap/script.html\">no</a>'</script>\n"
        "<SCRIPT>'<a href=\"../trap/loud-script.html\">no</a>'</SCRIPT>\n"
        "<style>/* <a href=\"../trap/style.html\">no</a> */</style>\n"
        "<textarea><a href=\"../trap/textarea.html\">no</a></textarea>\n"
        "</p href=\"../trap/end-tag.html\">\n"
        "href=\"../trap/text.html\" Nothing to see here."),
    PAGE("odds/elsewhere.html",
        "<a href=\"http://other.example/\">another farm</a>\n"
        "<a href=\"//other.example/site/\">another one</a>\n"
        "<a href=\"http://127.0.0.1.other.example/\">in disguise</a>\n"
        "<a href=\"https://$/site/trap/https.html\">a secret</a>\n"
        "<a href=\"ftp://$/site/trap/ftp.html\">a parcel</a>\n"
        "<a href=\"mailto:farmer@other.example\">a letter</a>\n"
        "<a href=\"javascript:void('../trap/void.html')\">a trick</a>\n"
        "<a href=\"data:text/html,hay\">hay</a>\n"
        "<a href=\"tel:+44123\">a ring</a>\n"
        "<a href=\"http://[oops/\">oops</a>"),
    PAGE("odds/base.html", "<base href=\"/site/base/\"> <a href=\"one.html\">"
                           "one</a> <base href=\"/site/trap/\"> "
                           "<a href='./two.html'>two</a>"),
    PAGE("odds/large.html", "The needle: <a href=../from/large.html>here</a>.",
        .flags = LARGE | SLOW),
    PAGE("odds/chunked.html",
        "In slices: <a href=../from/chunked.html>more</a>.", .flags = CHUNKED),
    PAGE("odds/straw.html", "Many slices of straw.", .flags = CHUNKED | LARGE),
    PAGE("odds/close.html", "It ends when the door falls shut.",
        .flags = UNTIL_CLOSE),
    PAGE("odds/feed.xml",
        "<?xml version=\"1.0\"?>\n<feed><link href=\"../from/feed.html\"/>"
        "<link href=\"/site/\"/></feed>\n",
        .type = "application/xml", .flags = RAW),
    PAGE("odds/page.xhtml",
        "<html xmlns=\"http://www.w3.org/1999/xhtml\"><body>\n"
        "<![CDATA[<a href=\"../trap/cdata.html\">]]>\n"
        "<a href=\"../from/xhtml.html\"/></body></html>\n",
        .type = "application/xhtml+xml; charset=utf-8", .flags = RAW),
    PAGE("odds/old.xml", "<old><a href=\"../trap/old.html\"/></old>\n",
        .type = "text/xml", .flags = RAW),
    PAGE("odds/pig.png", "\x89PNG\r\n\x1a\n<a href=\"../trap/pig.html\">",
        .type = "image/png", .flags = RAW),
    PAGE("odds/barn.svg", "<svg><a href=\"../trap/barn.html\"/></svg>\n",
        .type = "image/svg+xml", .flags = RAW),
    PAGE("odds/readme.txt", "Read <a href=\"../trap/readme.html\">me</a>.\n",
        .type = "text/plain", .flags = RAW),
    PAGE("odds/herd.json", "{\"href\":\"<a href='../trap/herd.html'>\"}\n",
        .type = "application/json; charset=utf-8", .flags = RAW),
    PAGE(
        "odds/none.html", "Nobody said in which letters.", .type = "text/html"),
    PAGE("odds/latin.html", "Ou est la b\xeate?",
        .type = "text/html; charset=iso-8859-1"),
    PAGE("odds/quoted.html", "In \"quotation\" marks.",
        .type = "text/html; charset=\"utf-8\""),
    PAGE("odds/upper.html", "IN CAPITALS.", .type = "text/html;CHARSET=UTF-8"),
    PAGE("odds/params.html", "With a parameter before it.",
        .type = "text/html; level=1; charset=us-ascii"),
    PAGE("odds/untyped", "<a href=\"../trap/untyped.html\">What is it?</a>",
        .flags = UNTYPED),
    PAGE("odds/nothing", "", .status = 204, .flags = RAW | UNTYPED),
    PAGE("odds/unicorn.html", "No unicorn here.", .status = 404),
    PAGE("odds/dodo.html", "Try <a href=\"../trap/dodo.html\">later</a>.",
        .status = 404),
    PAGE("odds/mammoth.html", "You are late.", .status = 410),
    PAGE("odds/closed.html", "The farmer is asleep.", .status = 503),

    PAGE("moved/1", "/site/moved/2", .status = 301),
    PAGE("moved/2", "3", .status = 302),
    PAGE("moved/3", "http://$/site/moved/4", .status = 303),
    PAGE("moved/4", "../moved/./5#milestone", .status = 307),
    PAGE("moved/5", "//$/site/moved/here.html", .status = 308),
    PAGE("moved/here.html", "There were five signposts on the way."),
    PAGE("join/left", "both.html", .status = 302),
    PAGE("join/right", "both.html", .status = 301),
    PAGE("join/both.html", "You again? No: fetched once."),
    PAGE("cycle/hen", "egg", .status = 302),
    PAGE("cycle/egg", "hen", .status = 302),
    PAGE("cycle/self", "self", .status = 307),
    PAGE("away/host", "http://other.example/", .status = 302),
    PAGE("away/scheme", "ftp://other.example/", .status = 301),

    PAGE("base/one.html", "Found from the base."),
    PAGE("base/two.html", "The second base does not count."),
    PAGE("search?q=cow", "Hits: <a href=\"?q=pig&amp;page=2\">pig</a> "
                         "<a href=\"search?q=a haystack\">haystack</a>"),
    PAGE("search?q=pig&page=2", "No more pigs."),
    PAGE("search?q=a%20haystack", "1 needle."),
    PAGE("from/large.html", "You found the needle."),
    PAGE("from/chunked.html", "You put the slices together."),
    PAGE("from/feed.html", "You read the feed."),
    PAGE("from/xhtml.html", "You are strict."),

    PAGE("shapes/parent.html", "Up, and down again."),
    PAGE("shapes/rooted.html", "From the root."),
    PAGE("shapes/absolute.html", "Said in full."),
    PAGE("shapes/network.html", "Any scheme will do."),
    PAGE("shapes/single.html", "One quotation mark a side."),
    PAGE("shapes/unquoted.html", "An ear without a tag."),
    PAGE("shapes/upper.html", "THE COW SAYS MOO."),
    PAGE("shapes/spaced.html", "Room to graze."),
    PAGE("shapes/trimmed.html", "Shorn at both ends."),
    PAGE("shapes/entity.html", "Spelled in decimal."),
    PAGE("shapes/numeric.html", "Spelled in hexadecimal."),
    PAGE("shapes/amp.html?hay=1&straw=2", "Hay and straw."),
    PAGE("shapes/fragment.html", "One animal, though you met both its ends."),
    PAGE("shapes/dots.html", "Back and forth."),
    PAGE("shapes/above.html", "Above the root there is only sky."),
    PAGE("shapes/caf%C3%A9.html", "Two bytes, one letter."),
    PAGE("shapes/hay%20stack.html", "Mind the gap."),
    PAGE("shapes/~farmer.html", "He escaped for no reason."),
    PAGE("shapes/quotes.html", "a > b, he said."),
    PAGE("shapes/area.html", "A field."),
};

// --- Generated sites ---------------------------------------------------------

struct spec {
    long pages;
    long links;
    long delay;
    long bytes;
    long faults; // permille
    long gate; // clients
    long page; // number of the requested page
};

// Reads a number of digits only and moves *text past the number. Returns -1 if
// there is no digit, or the number is above `most`.
static long read_number(const char **text, long most)
{
    long number = 0;

    if (!isdigit((unsigned char)**text))
        return -1;
    for (; isdigit((unsigned char)**text); ++*text) {
        number = number * 10 + (**text - '0');
        if (number > most)
            return -1;
    }
    return number;
}

// Reads "n1000,k10,.../17". Returns false if the path has another form or the
// page does not exist.
static bool read_spec(const char *path, struct spec *spec)
{
    *spec = (struct spec){ .links = 10 };
    const struct {
        char letter;
        long most;
        long *number;
    } fields[] = {
        { 'n', 1000000, &spec->pages },
        { 'k', 1000, &spec->links },
        { 'd', 600000, &spec->delay },
        { 'b', 16000000, &spec->bytes },
        { 'f', 1000, &spec->faults },
        { 'g', 1000000, &spec->gate },
    };

    if (*path != 'n')
        return false;
    do {
        int i = 0;
        while (i < COUNT(fields) && fields[i].letter != *path)
            i++;
        if (i == COUNT(fields))
            return false;
        path++;
        *fields[i].number = read_number(&path, fields[i].most);
        if (*fields[i].number == -1)
            return false;
    } while (*path++ == ',');
    if (path[-1] != '/')
        return false;
    if (*path != '\0')
        spec->page = read_number(&path, spec->pages);
    return *path == '\0' && spec->page >= 0 && spec->page < spec->pages;
}

// Hashes a number (the finaliser of MurmurHash3, by Austin Appleby).
static uint32_t scatter(uint32_t i)
{
    i = (i ^ i >> 16) * 0x85ebca6bu;
    i = (i ^ i >> 13) * 0xc2b2ae35u;
    return i ^ i >> 16;
}

static void generate(struct reply *reply, const struct spec *spec)
{
    size_t before = reply->stop;
    long others = spec->pages - 1; // links to page 0 are written "./"
    long child = spec->page * spec->links + 1;
    long somewhere = (long)(scatter((uint32_t)spec->page) % 1000000);

    reply_printf(reply,
        "<!DOCTYPE html>\n<title>Page %ld of %ld</title>\n"
        "<p><a href=\"./\">Page 0</a>\n",
        spec->page, spec->pages);
    for (long i = 0; i < spec->links && i < others; i++) {
        long page = child + i;
        if (child >= spec->pages)
            page = 1 + (somewhere + i) % others;
        if (page < spec->pages)
            reply_printf(reply, "<a href=\"%ld\">Page %ld</a>\n", page, page);
    }
    static const char straw[] = "All work and no hay makes a dull horse.\n";
    while (reply->stop - before < (size_t)spec->bytes && !reply->failed) {
        size_t missing = (size_t)spec->bytes - (reply->stop - before);
        reply_add(reply, straw,
            missing < sizeof(straw) - 1 ? missing : sizeof(straw) - 1);
    }
}

// --- The encyclopaedia -------------------------------------------------------

static const struct row *find_row(const char *path)
{
    for (int i = 0; i < COUNT(rows); i++) {
        if (strcmp(rows[i].path, path) == 0)
            return &rows[i];
    }
    return NULL;
}

// Adds a text, with the host for each $. Returns the sum of the bytes by which
// the hosts are shorter than SITE_HOST_MAX.
static int add_text(struct reply *reply, const char *text, const char *host)
{
    const char *dollar;
    int missing = 0;

    while ((dollar = strchr(text, '$')) != NULL) {
        reply_add(reply, text, (size_t)(dollar - text));
        reply_add(reply, host, strlen(host));
        missing += SITE_HOST_MAX - (int)strlen(host);
        text = dollar + 1;
    }
    reply_add(reply, text, strlen(text));
    return missing;
}

// Adds the contents of a folder: links to its pages, in four shapes in turn.
static void add_contents(struct reply *reply, const char *folder)
{
    size_t len = strlen(folder);

    reply_printf(reply, "<ul>\n");
    for (int i = 0; i < COUNT(rows); i++) {
        const char *name = rows[i].path + len;
        if (strncmp(rows[i].path, folder, len) != 0 || *name == '\0')
            continue;
        if (i % 4 == 0)
            reply_printf(reply, "<li><a href=\"%s\">", name);
        else if (i % 4 == 1)
            reply_printf(reply, "<li><a href=./%s>", name);
        else if (i % 4 == 2)
            reply_printf(reply, "<li><a href='/site/%s%s'>", folder, name);
        else
            reply_printf(reply, "<li><A HREF=\"../%s%s#top\">", folder, name);
        reply_printf(reply, "%s</a>\n", name);
    }
    reply_printf(reply, "</ul>\n");
}

// Adds an article's links: to the next article, in a ring, and to another one.
static void add_see_also(struct reply *reply, const struct row *row)
{
    int first = (int)(find_row("animals/cow.html") - rows);
    int count = (int)(find_row("odds/") - rows) - first;
    int here = (int)(row - rows) - first;

    if (here < 0 || here >= count)
        return;
    reply_printf(reply,
        "<p>See also <a href=\"../%s\">the next</a>, "
        "<a href='./../%s#more'>another</a>, <a href=.>all of them</a>.\n",
        rows[first + (here + 1) % count].path,
        rows[first + (here * 5 + 3) % count].path);
}

static void add_page(
    struct reply *reply, const struct row *row, const char *host)
{
    if (row->flags & RAW) {
        reply_add(reply, row->text, strlen(row->text));
        return;
    }
    reply_printf(reply,
        "<!DOCTYPE html>\n<html lang=\"en\">\n"
        "<title>Encyclopaedia of Waiting: /%s</title>\n",
        row->path);
    for (int i = 1; (row->flags & LARGE) && i <= 8200; i++)
        reply_printf(reply, "<p>Straw %d: this is not a needle.\n", i);
    reply_printf(reply, "<p>");
    int missing = add_text(reply, row->text, host);
    reply_printf(reply, "\n");
    if (row->path[0] != '\0' && row->path[strlen(row->path) - 1] == '/')
        add_contents(reply, row->path);
    else
        add_see_also(reply, row);
    reply_printf(reply, "<p><a href=\"/site/\">Contents</a>\n</html>\n%*s",
        missing > 0 ? missing : 0, "");
}

// --- Delay, gate, failures and answer ----------------------------------------

static const char *below_site(const char *target)
{
    return target + strlen("/site/");
}

int site_delay(const char *target)
{
    const struct row *row = find_row(below_site(target));
    struct spec spec;

    if (read_spec(below_site(target), &spec))
        return (int)spec.delay;
    return row != NULL && row->flags & SLOW ? 150 : 20;
}

int site_gate(const char *target)
{
    const char *path = below_site(target);
    struct spec spec;

    if (read_spec(path, &spec))
        return spec.page == 0 ? 0 : spec.gate > 0 ? (int)spec.gate : -1;
    return *path == '\0' ? 0 : -1;
}

int site_failures(const char *target)
{
    struct spec spec;

    return read_spec(below_site(target), &spec)
        && scatter((uint32_t)spec.page + 77) % 1000 < (uint32_t)spec.faults;
}

static void redirect(
    struct reply *reply, const struct row *row, const char *host)
{
    size_t body = reply->stop;

    reply_printf(reply, "Location: ");
    add_text(reply, row->text, host);
    reply_add(reply, "\r\n", 3); // with the NUL
    if (reply->failed)
        return;
    reply->stop = body; // a redirect has an empty body
    reply_head(reply, row->status, NULL, reply->bytes + body);
}

void site_reply(struct reply *reply, const char *target, const char *host)
{
    const struct row *row = find_row(below_site(target));
    const char *type = "text/html; charset=utf-8";
    struct spec spec;

    if (row == NULL) {
        if (read_spec(below_site(target), &spec)) {
            generate(reply, &spec);
            reply_head(reply, 200, type, "");
        } else {
            reply_printf(reply, "There is no such page.\n");
            reply_head(reply, 404, "text/plain", "");
        }
        return;
    }
    if (row->status / 100 == 3) {
        redirect(reply, row, host);
        return;
    }
    add_page(reply, row, host);
    if (row->type != NULL || row->flags & UNTYPED)
        type = row->type;
    if (row->flags & CHUNKED)
        reply_head_chunked(reply, 200, type);
    else if (row->flags & UNTIL_CLOSE)
        reply_head_until_close(reply, 200, type);
    else
        reply_head(reply, row->status ? row->status : 200, type, "");
}
