// test_herd.c - names become URLs, responses become lines; no network.

#include "capture.h"
#include "errors.h"
#include "herd.h"
#include "interrupt.h"
#include "json_valid.h"
#include "species.h"
#include "suite.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct options options;
static struct herd herd;
static char *names[32];
static struct capture stderr_capture;
static char failures[4096]; // as printed at the end

static void set_up(void)
{
    options = (struct options){
        .program = "animals",
        .server = "http://127.0.0.1:8888",
        .delay = -1,
        .arguments = names,
    };
    herd = (struct herd){ .options = NULL };
}

static void tear_down(void)
{
    herd_free(&herd);
}

// Starts with these names, separated by spaces.
static void start(const char *text)
{
    static char copy[256];

    snprintf(copy, sizeof(copy), "%s", text);
    options.num_arguments = 0;
    for (char *name = strtok(copy, " "); name != NULL; name = strtok(NULL, " "))
        names[options.num_arguments++] = name;
    ck_assert_int_eq(herd_init(&herd, &options), 0);
}

static void start_with_name(const char *name)
{
    static char copy[16384];

    snprintf(copy, sizeof(copy), "%s", name);
    names[0] = copy;
    options.num_arguments = 1;
    ck_assert_int_eq(herd_init(&herd, &options), 0);
}

static const char *tell_failures(void)
{
    FILE *out = fmemopen(failures, sizeof(failures), "w");

    herd_print_failures(&herd, out);
    fclose(out);
    return failures;
}

// Gives the animal a response and returns the line to type. The output to
// stderr is in stderr_capture.text.
static char *answer(
    struct animal *animal, int status, const char *body, size_t len)
{
    struct http_response response;
    char head[64];

    snprintf(head, sizeof(head), "HTTP/1.1 %d So\r\n\r\n", status);
    http_response_init(&response, 16384);
    http_feed(&response, head, strlen(head));
    if (len > 0)
        http_feed(&response, body, len);
    if (status != 204)
        ck_assert_int_eq(http_feed(&response, "", 0), HTTP_DONE);
    capture_begin(&stderr_capture, STDERR_FILENO);
    bool typed = herd_answer(&herd, animal, 0, &response);
    capture_end(&stderr_capture);
    return typed ? strdup(animal->text) : NULL;
}

static char *give_error(struct animal *animal, int error)
{
    struct http_response response;

    http_response_init(&response, 16384);
    capture_begin(&stderr_capture, STDERR_FILENO);
    bool typed = herd_answer(&herd, animal, error, &response);
    capture_end(&stderr_capture);
    return typed ? strdup(animal->text) : NULL;
}

static const struct {
    const char *name;
    const char *path;
} urls[] = {
    { "cow", "/animals/cow" },
    { "Cow-._~9", "/animals/Cow-._~9" },
    { "guinea pig", "/animals/guinea%20pig" },
    { "a/b", "/animals/a%2Fb" },
    { "a?b", "/animals/a%3Fb" },
    { "a#b", "/animals/a%23b" },
    { "a%41b", "/animals/a%2541b" },
    { "a:b@c&d=e+f", "/animals/a%3Ab%40c%26d%3De%2Bf" },
    { "\"<>'\\^`{|}", "/animals/%22%3C%3E%27%5C%5E%60%7B%7C%7D" },
    { "http://x/", "/animals/http%3A%2F%2Fx%2F" },
    { "//x/", "/animals/%2F%2Fx%2F" },
    { "../x", "/animals/..%2Fx" },
    { "...", "/animals/..." },
    { "a\r\nb\tc", "/animals/a%0D%0Ab%09c" },
    { "\x01\x7f", "/animals/%01%7F" },
    { "k\xc3\xbch", "/animals/k%C3%BCh" },
    { "\xff", "/animals/%FF" },
    { "%2e%2e", "/animals/%252e%252e" },
    { "...", "/animals/..." },
};

// No URL has a last segment of such a name: the request would be for another
// page, and the text of this page is no animal's sound.
static const char *const no_names[] = { "", ".", ".." };

START_TEST(a_name_that_no_animal_can_have)
{
    char copy[4];
    char cow[] = "cow";

    names[0] = cow;
    for (int i = 0; i < 2; i++) { // alone, and behind a good name
        snprintf(copy, sizeof(copy), "%s", no_names[_i]);
        names[i] = copy;
        options.num_arguments = i + 1;
        ck_assert_int_eq(herd_init(&herd, &options), -ENOENT);
        herd_free(&herd);
        names[0] = cow;
    }
    start("cow");
}
END_TEST

START_TEST(a_name_is_one_segment)
{
    start_with_name(urls[_i].name);
    struct animal *animal = herd_next(&herd);
    ck_assert_str_eq(animal->url->target.at, urls[_i].path);
    ck_assert_int_eq(
        strncmp(animal->url->text, "http://127.0.0.1:8888/", 22), 0);
    ck_assert_str_eq(animal->name, urls[_i].name);
}
END_TEST

START_TEST(every_byte_can_stand_in_a_name)
{
    char name[256];

    for (int i = 0; i < 255; i++)
        name[i] = (char)(i + 1);
    name[255] = '\0';
    start_with_name(name);
    struct url *url = herd.urls;
    ck_assert_uint_eq(url->target.len, strlen(url->target.at));
    ck_assert_ptr_null(strpbrk(url->target.at, "?# \r\n\t"));
    ck_assert_ptr_eq(strrchr(url->target.at, '/'), url->target.at + 8);
}
END_TEST

START_TEST(a_name_can_be_too_long)
{
    static char name[3 * URL_MAX];

    memset(name, 'x', sizeof(name) - 1);
    names[0] = name;
    options.num_arguments = 1;
    ck_assert_int_eq(herd_init(&herd, &options), -ENAMETOOLONG);
    herd_free(&herd);
    memset(name, '\xff', URL_MAX - 100);
    name[URL_MAX - 100] = '\0';
    ck_assert_int_eq(herd_init(&herd, &options), -ENAMETOOLONG);
    herd_free(&herd);
    name[URL_MAX / 4] = '\0';
    ck_assert_int_eq(herd_init(&herd, &options), 0);
}
END_TEST

static const struct {
    const char *server;
    const char *url; // of the cow; NULL: an error
    int error;
} servers[] = {
    { "http://h", "http://h/animals/cow", 0 },
    { "http://H:80/", "http://h/animals/cow", 0 },
    { "h:8888", "http://h:8888/animals/cow", 0 },
    { "localhost:1", "http://localhost:1/animals/cow", 0 },
    { "http://h/x/y?z#w", "http://h/animals/cow", 0 },
    { "http://me:pw@h/", "http://h/animals/cow", 0 },
    { "http://[::1]:8888", "http://[::1]:8888/animals/cow", 0 },
    { "https://h", NULL, -EPROTONOSUPPORT },
    { "ftp://h", NULL, -EPROTONOSUPPORT },
    { "mailto:me@h", NULL, -EPROTONOSUPPORT },
    { "", NULL, -EINVAL },
    { "http://", NULL, -EINVAL },
    { "http://h:99999", NULL, -EINVAL },
    { "http://[::1", NULL, -EINVAL },
    { "/path", NULL, -EINVAL },
};

START_TEST(the_server)
{
    options.server = servers[_i].server;
    names[0] = (char[]){ "cow" };
    options.num_arguments = 1;
    ck_assert_int_eq(herd_init(&herd, &options), servers[_i].error);
    if (servers[_i].url != NULL)
        ck_assert_str_eq(herd.animals[0].url->text, servers[_i].url);
}
END_TEST

START_TEST(all_animals_by_default)
{
    options.num_arguments = 0;
    ck_assert_int_eq(herd_init(&herd, &options), 0);
    ck_assert_int_eq(herd.count, NUM_SPECIES);
    for (int i = 0; i < herd.count; i++) {
        struct animal *animal = herd_next(&herd);
        ck_assert_str_eq(animal->name, species[i].name);
        ck_assert_int_eq(animal->span.task, i);
    }
    ck_assert_ptr_null(herd_next(&herd));
    ck_assert_ptr_null(herd_next(&herd));
}
END_TEST

START_TEST(going_round)
{
    static const char *const order[] = { "cow", "pig", "dog", "cow", "pig",
        "dog", "cow" };

    options.count = 7;
    start("cow pig dog");
    for (int i = 0; i < 7; i++) {
        struct animal *animal = herd_next(&herd);
        ck_assert_str_eq(animal->name, order[i]);
        ck_assert_int_eq(animal->span.task, i);
        ck_assert(animal->asked);
        ck_assert_ptr_eq(animal->url, &herd.urls[i % 3]); // shared
    }
    ck_assert_ptr_null(herd_next(&herd));
}
END_TEST

START_TEST(fewer_than_names)
{
    options.count = 2;
    start("cow pig dog");
    ck_assert_int_eq(herd.count, 2);
    herd_next(&herd);
    ck_assert_str_eq(herd_next(&herd)->name, "pig");
    ck_assert_ptr_null(herd_next(&herd));
}
END_TEST

START_TEST(many)
{
    options.count = 100000;
    start("cow pig");
    ck_assert_str_eq(herd.animals[99999].name, "pig");
    ck_assert_str_eq(
        herd.animals[99998].url->text, "http://127.0.0.1:8888/animals/cow");
}
END_TEST

START_TEST(the_same_name_twice)
{
    start("cow cow");
    ck_assert_int_eq(herd.count, 2);
    ck_assert_str_eq(herd.animals[0].url->text, herd.animals[1].url->text);
}
END_TEST

START_TEST(delay)
{
    options.delay = 0;
    start("cow a?b");
    ck_assert_str_eq(herd.animals[0].url->target.at, "/animals/cow?delay=0");
    ck_assert_str_eq(herd.animals[1].url->target.at, "/animals/a%3Fb?delay=0");
    herd_free(&herd);
    options.delay = 10000000;
    start("cow");
    ck_assert_str_eq(
        herd.animals[0].url->target.at, "/animals/cow?delay=10000000");
}
END_TEST

#define BAD "\xEF\xBF\xBD"

static const struct {
    const char *body;
    size_t len; // 0: up to its NUL
    const char *line;
} lines[] = {
    { "Moo!", 0, "The cow says \"Moo!\"." },
    { "Moo!\n", 0, "The cow says \"Moo!\"." },
    { "Moo!\r\nMore.\n", 0, "The cow says \"Moo!\"." },
    { "", 0, "The cow says \"\"." },
    { "\nMoo!", 0, "The cow says \"\"." },
    { "Moo\0!", 5, "The cow says \"Moo\"." },
    { "\"Moo\"", 0, "The cow says \"\"Moo\"\"." },
    { "100%s%n", 0, "The cow says \"100%s%n\"." },
    { "M\xc3\xb6h", 0, "The cow says \"M\xc3\xb6h\"." },
    { "\xf0\x9f\x90\x84", 0, "The cow says \"\xf0\x9f\x90\x84\"." },
    { "\x1b[31mMoo\x07\x7f", 0, "The cow says \"" BAD "[31mMoo" BAD BAD "\"." },
    { "a\tb", 0, "The cow says \"a" BAD "b\"." },
    { "\xff\xfe", 0, "The cow says \"" BAD BAD "\"." },
    { "M\xc3", 0, "The cow says \"M" BAD "\"." },
    { "\xc2\x9b"
      "31m",
        0, "The cow says \"" BAD "31m\"." },
};

START_TEST(the_line)
{
    const char *body = lines[_i].body;

    start("cow");
    struct animal *cow = herd_next(&herd);
    char *line = answer(
        cow, 200, body, lines[_i].len > 0 ? lines[_i].len : strlen(body));
    ck_assert_str_eq(line, lines[_i].line);
    ck_assert_str_eq(stderr_capture.text, "");
    ck_assert_int_eq(cow->status, 200);
    ck_assert_int_eq(cow->error, 0);
    span_typed(&cow->span);
    ck_assert_int_eq(herd_failures(&herd), 0);
    ck_assert_str_eq(tell_failures(), "");
    free(line);
}
END_TEST

// Is a byte lost if every byte becomes three?
START_TEST(the_longest_lines)
{
    static char sound[HERD_MAX_SOUND];
    static const char *const bytes = "o\xff";

    for (int i = 0; bytes[i] != '\0'; i++) {
        memset(sound, bytes[i], sizeof(sound));
        start("cow");
        char *line = answer(herd_next(&herd), 200, sound, sizeof(sound));
        size_t each = bytes[i] == 'o' ? 1 : 3;
        ck_assert_uint_eq(
            strlen(line), strlen("The cow says \"\".") + each * sizeof(sound));
        ck_assert_str_eq(line + strlen(line) - 2, "\".");
        free(line);
        herd_free(&herd);
    }
}
END_TEST

START_TEST(an_odd_name_does_not_cost_the_sound)
{
    char name[201];
    char expected[1024] = "The ";

    memset(name, '\x1b', 200);
    name[200] = '\0';
    start_with_name(name);
    for (int i = 0; i < 200; i++)
        strcat(expected, BAD);
    strcat(expected, " says \"Moo!\".");
    char *line = answer(herd_next(&herd), 200, "Moo!", 4);
    ck_assert_str_eq(line, expected);
    free(line);
}
END_TEST

START_TEST(quiet)
{
    options.quiet = true;
    start("cow pig");
    struct animal *cow = herd_next(&herd);
    ck_assert_ptr_null(answer(cow, 200, "Moo!\n", 5));
    ck_assert_str_eq(cow->sound, "Moo!");
    ck_assert_str_eq(stderr_capture.text, "");
    ck_assert_ptr_null(answer(herd_next(&herd), 404, "", 0));
    ck_assert_str_ne(tell_failures(), ""); // despite -q
    ck_assert_int_eq(herd_failures(&herd), 1);
}
END_TEST

START_TEST(other_statuses_are_failures)
{
    static const int statuses[] = { 404, 500, 503, 204, 201, 301, 400 };
    char expected[64];

    for (int i = 0; i < (int)(sizeof(statuses) / sizeof(*statuses)); i++) {
        start("cow");
        struct animal *cow = herd_next(&herd);
        ck_assert_ptr_null(answer(cow, statuses[i], "", 0));
        snprintf(expected, sizeof(expected),
            "animals: cow: the farm answered %d\n", statuses[i]);
        ck_assert_str_eq(tell_failures(), expected);
        ck_assert_ptr_null(cow->sound);
        ck_assert_int_eq(cow->status, statuses[i]);
        ck_assert_int_eq(herd_failures(&herd), 1);
        herd_free(&herd);
    }
}
END_TEST

START_TEST(errors_are_failures)
{
    static const int errors[] = { -ECONNREFUSED, -ETIMEDOUT, ERROR_CLOSED_EARLY,
        ERROR_BODY_TOO_LARGE };
    char expected[128];

    for (int i = 0; i < (int)(sizeof(errors) / sizeof(*errors)); i++) {
        start("cow");
        struct animal *cow = herd_next(&herd);
        ck_assert_ptr_null(give_error(cow, errors[i]));
        snprintf(expected, sizeof(expected), "animals: cow: %s\n",
            error_text(errors[i]));
        ck_assert_str_eq(tell_failures(), expected);
        ck_assert_int_eq(cow->status, 0);
        ck_assert_int_eq(cow->error, errors[i]);
        ck_assert_int_eq(herd_failures(&herd), 1);
        herd_free(&herd);
    }
}
END_TEST

// Feeds "HTTP/1.1 " text, then the end, as a fetch does.
static void answer_badly(struct animal *animal, const char *text)
{
    struct http_response response;

    http_response_init(&response, HERD_MAX_SOUND);
    http_feed(&response, "HTTP/1.1 ", strlen("HTTP/1.1 "));
    http_feed(&response, text, strlen(text));
    http_feed(&response, "", 0);
    ck_assert(!herd_answer(&herd, animal, response.error, &response));
    ck_assert_ptr_null(animal->sound);
    ck_assert_int_eq(herd_failures(&herd), 1);
}

static const struct {
    const char *text;
    int status;
    int error;
    const char *told;
} bad_answers[] = {
    { "200 x\r\nContent-Length: 9\r\n\r\nMoo", 200, ERROR_CLOSED_EARLY,
        "animals: cow: the farm answered 200, but: connection closed before "
        "the response was complete\n" },
    { "200 x\r\nContent-Encoding: gzip\r\n\r\nMoo", 200,
        ERROR_CONTENT_ENCODING,
        "animals: cow: the farm answered 200, but: unsupported "
        "Content-Encoding\n" },
    { "200 x\r\nContent-Length: 9999\r\n\r\n", 200, ERROR_BODY_TOO_LARGE,
        "animals: cow: the farm answered 200, but: body exceeds the limit\n" },
    { "404 x\r\nA\r\n\r\n", 404, ERROR_HEADER,
        "animals: cow: the farm answered 404, but: malformed header\n" },
    // Errors in a body that is not read.
    { "404 x\r\nContent-Length: 9999\r\n\r\n", 404, 0,
        "animals: cow: the farm answered 404\n" },
    { "500 x\r\nTransfer-Encoding: gzip\r\n\r\n", 500, 0,
        "animals: cow: the farm answered 500\n" },
};

START_TEST(an_error_does_not_hide_the_status)
{
    char text[1024] = "";
    char expected[32];
    FILE *out = fmemopen(text, sizeof(text), "w");

    start("cow");
    struct animal *cow = herd_next(&herd);
    answer_badly(cow, bad_answers[_i].text);
    ck_assert_int_eq(cow->status, bad_answers[_i].status);
    ck_assert_int_eq(cow->error, bad_answers[_i].error);
    ck_assert_str_eq(tell_failures(), bad_answers[_i].told);
    herd_json(&herd, out);
    fclose(out);
    snprintf(
        expected, sizeof(expected), "\"status\":%d,", bad_answers[_i].status);
    ck_assert_ptr_nonnull(strstr(text, expected));
}
END_TEST

// While animals are typed no failure is printed; at the end all are, in the
// order of the names.
START_TEST(failures_are_printed_at_the_end)
{
    struct animal *asked[4];

    start("cow pig dog sheep cat");
    for (int i = 0; i < 4; i++)
        asked[i] = herd_next(&herd);
    give_error(asked[3], -ETIMEDOUT);
    ck_assert_str_eq(stderr_capture.text, "");
    free(answer(asked[2], 200, "Woof!", 5));
    span_typed(&asked[2]->span);
    answer(asked[0], 404, "No.", 3);
    ck_assert_str_eq(stderr_capture.text, "");
    ck_assert_str_eq(tell_failures(),
        "animals: cow: the farm answered 404\n"
        "animals: pig: asked, but the result was never reported\n"
        "animals: sheep: timed out\n");
    ck_assert_int_eq(herd_failures(&herd), 4); // with the cat
}
END_TEST

// An animal without an answer is a failure. After Ctrl-C, an animal that was
// never asked is none.
START_TEST(animals_that_were_never_fetched)
{
    ck_assert_int_eq(interrupt_init(), 0);
    start("cow pig dog sheep cat");
    free(answer(herd_next(&herd), 200, "Moo!", 4));
    give_error(herd_next(&herd), -ECONNRESET);
    herd_next(&herd);
    ck_assert_int_eq(herd_failures(&herd), 5);
    ck_assert_str_eq(tell_failures(),
        "animals: cow: answered, but the line was never typed\n"
        "animals: pig: connection reset by peer\n"
        "animals: dog: asked, but the result was never reported\n");
    raise(SIGINT);
    ck_assert_ptr_null(herd_next(&herd));
    ck_assert_int_eq(herd_failures(&herd), 1);
    ck_assert_str_eq(
        tell_failures(), "animals: pig: connection reset by peer\n");
    interrupt_free();
}
END_TEST

START_TEST(as_json)
{
    static char text[4096];
    FILE *out = fmemopen(text, sizeof(text), "w");

    options.count = 5;
    start("cow p\"g\x1b\xff dog cat");
    free(answer(herd_next(&herd), 200, "\"Moo\"\x1b\xff\n", 8));
    answer(herd_next(&herd), 404, "No.", 3);
    give_error(herd_next(&herd), -ECONNREFUSED);
    free(answer(herd_next(&herd), 200, "", 0));
    fputc('{', out);
    herd_json(&herd, out);
    fputc('}', out);
    fclose(out);
    ck_assert(json_is_valid(text));
    ck_assert_str_eq(text,
        "{\"animals\":[\n"
        "{\"name\":\"cow\",\"sound\":\"\\\"Moo\\\"\\u001b" BAD
        "\",\"status\":200,\"error\":null},\n"
        "{\"name\":\"p\\\"g\\u001b" BAD
        "\",\"sound\":null,\"status\":404,\"error\":null},\n"
        "{\"name\":\"dog\",\"sound\":null,\"status\":null,"
        "\"error\":\"connection refused\"},\n"
        "{\"name\":\"cat\",\"sound\":\"\",\"status\":200,\"error\":null},\n"
        "{\"name\":\"cow\",\"sound\":null,\"status\":null,\"error\":null}]}");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("herd");
    TCase *tests = tcase_create("herd");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(
        tests, a_name_is_one_segment, 0, (int)(sizeof(urls) / sizeof(*urls)));
    tcase_add_loop_test(tests, a_name_that_no_animal_can_have, 0,
        (int)(sizeof(no_names) / sizeof(*no_names)));
    tcase_add_test(tests, every_byte_can_stand_in_a_name);
    tcase_add_test(tests, a_name_can_be_too_long);
    tcase_add_loop_test(
        tests, the_server, 0, (int)(sizeof(servers) / sizeof(*servers)));
    tcase_add_test(tests, all_animals_by_default);
    tcase_add_test(tests, going_round);
    tcase_add_test(tests, fewer_than_names);
    tcase_add_test(tests, many);
    tcase_add_test(tests, the_same_name_twice);
    tcase_add_test(tests, delay);
    tcase_add_loop_test(
        tests, the_line, 0, (int)(sizeof(lines) / sizeof(*lines)));
    tcase_add_test(tests, the_longest_lines);
    tcase_add_test(tests, an_odd_name_does_not_cost_the_sound);
    tcase_add_test(tests, quiet);
    tcase_add_test(tests, other_statuses_are_failures);
    tcase_add_test(tests, errors_are_failures);
    tcase_add_loop_test(tests, an_error_does_not_hide_the_status, 0,
        (int)(sizeof(bad_answers) / sizeof(*bad_answers)));
    tcase_add_test(tests, failures_are_printed_at_the_end);
    tcase_add_test(tests, animals_that_were_never_fetched);
    tcase_add_test(tests, as_json);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
