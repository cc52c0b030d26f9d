// herd.c - makes a URL from each name and a line of text from each response,
// and counts failures.

#include "herd.h"

#include "errors.h"
#include "interrupt.h"
#include "json.h"
#include "live.h"
#include "species.h"
#include "trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Makes the URL of an animal. The name, percent-encoded, is one path segment.
static int make_url(
    struct url *url, const struct url *server, const char *name, int delay)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

    // url_resolve() would remove "." and ".." as dot segments, and an empty
    // name would ask for /animals/ itself.
    if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return -ENOENT;
    size_t size = 3 * strlen(name) + 64;
    char *text = malloc(size);
    char *at = text;

    if (text == NULL)
        return -ENOMEM;
    at += snprintf(at, size, "/animals/");
    for (; *name != '\0'; name++) {
        if (strchr(plain, *name) != NULL)
            *at++ = *name;
        else
            at += snprintf(at, 4, "%%%02X", (unsigned char)*name);
    }
    *at = '\0';
    if (delay >= 0)
        snprintf(at, 32, "?delay=%d", delay);
    int error = url_resolve(url, server, text, strlen(text));
    free(text);
    return error;
}

static int make_urls(struct herd *herd, const struct url *server)
{
    for (int i = 0; i < herd->num_names; i++) {
        const char *name = herd->options->num_arguments > 0
            ? herd->options->arguments[i]
            : species[i].name;
        int error =
            make_url(&herd->urls[i], server, name, herd->options->delay);
        if (error != 0)
            return error;
        for (int k = i; k < herd->count; k += herd->num_names) {
            herd->animals[k].name = name;
            herd->animals[k].url = &herd->urls[i];
            herd->animals[k].span.task = k;
        }
    }
    return 0;
}

int herd_init(struct herd *herd, const struct options *options)
{
    struct url server;

    *herd = (struct herd){
        .options = options,
        .is_live = options->quiet && isatty(STDOUT_FILENO),
    };
    int error = url_parse_typed(&server, options->server);
    if (error != 0)
        return error;
    herd->num_names =
        options->num_arguments > 0 ? options->num_arguments : NUM_SPECIES;
    herd->count = options->count > 0 ? options->count : herd->num_names;
    herd->urls = calloc((size_t)herd->num_names, sizeof(*herd->urls));
    herd->animals = calloc((size_t)herd->count, sizeof(*herd->animals));
    if (server.scheme != URL_HTTP)
        error = -EPROTONOSUPPORT;
    else if (herd->urls == NULL || herd->animals == NULL)
        error = -ENOMEM;
    else
        error = make_urls(herd, &server);
    url_free(&server);
    return error;
}

struct animal *herd_next(struct herd *herd)
{
    if (herd->next == herd->count || interrupted())
        return NULL;
    struct animal *animal = &herd->animals[herd->next++];
    animal->asked = true;
    return animal;
}

static char *make_line(const char *name, const char *sound)
{
    // json_printable() replaces a byte by up to three.
    size_t size = (strlen(name) + strlen(sound)) * 3 + 32;
    char *raw = malloc(size);

    if (raw == NULL)
        return NULL;
    int n = snprintf(raw, size, "The %s says \"%s\".", name, sound);
    char *line = malloc(size);
    if (line != NULL)
        json_printable(line, size, (struct slice){ raw, (size_t)n });
    free(raw);
    return line;
}

// Keeps the first line of the body, and makes the line to type.
static int keep_sound(const struct herd *herd, struct animal *animal,
    const struct http_response *response)
{
    const char *body = response->body != NULL ? response->body : "";

    if (http_is_coded(response))
        return ERROR_CONTENT_ENCODING;
    animal->sound = strndup(body, strcspn(body, "\r\n"));
    if (animal->sound == NULL)
        return -ENOMEM;
    if (herd->options->quiet)
        return 0;
    animal->text = make_line(animal->name, animal->sound);
    if (animal->text == NULL)
        return -ENOMEM;
    radprint_start(&animal->line, animal->text, herd->options->typing);
    return 0;
}

static void show_progress(struct herd *herd, bool failed)
{
    int failures = atomic_fetch_add(&herd->failed, failed) + failed;
    int answered = atomic_fetch_add(&herd->answered, !failed) + !failed;

    if (herd->is_live && live_is_due())
        live_show("%d of %d animals have answered, %d failed, %.0f a second",
            answered, herd->count, failures,
            (answered + failures) / timing_wall());
}

bool herd_answer(struct herd *herd, struct animal *animal, int error,
    struct http_response *response)
{
    error = http_settle(response, error);
    animal->status = response->status;
    if (error == 0 && animal->status == 200)
        error = keep_sound(herd, animal, response);
    http_response_free(response);
    animal->error = error;
    show_progress(herd, animal->sound == NULL);
    if (animal->text == NULL)
        trace(TRACE_DONE, animal->span.task, 0);
    return animal->text != NULL;
}

void herd_json(const struct herd *herd, FILE *out)
{
    struct slice absent = { NULL, 0 };

    fprintf(out, "\"animals\":[");
    for (int i = 0; i < herd->count; i++) {
        const struct animal *animal = &herd->animals[i];
        fprintf(out, "%s\n{\"name\":", i > 0 ? "," : "");
        json_string(out, slice_of(animal->name));
        fprintf(out, ",\"sound\":");
        json_string(
            out, animal->sound != NULL ? slice_of(animal->sound) : absent);
        if (animal->status != 0)
            fprintf(out, ",\"status\":%d,\"error\":", animal->status);
        else
            fprintf(out, ",\"status\":null,\"error\":");
        json_string(out,
            animal->error != 0 ? slice_of(error_text(animal->error)) : absent);
        fputc('}', out);
    }
    fputc(']', out);
}

static bool is_refused(const struct animal *animal)
{
    return animal->status != 0 && animal->status != 200;
}

// Was the animal asked without a call of herd_answer(), or was the line never
// typed? Except after Ctrl-C, the cause is a callback that was never called, or
// a task or thread that was never woken.
static bool is_forgotten(const struct animal *animal)
{
    bool has_answered = animal->sound != NULL || animal->status != 0;
    bool is_typed = animal->text == NULL || animal->span.typed > 0;

    return animal->error == 0 && !(has_answered && is_typed) && !interrupted();
}

int herd_failures(const struct herd *herd)
{
    int failures = 0;

    for (int i = 0; i < herd->count; i++) {
        const struct animal *animal = &herd->animals[i];
        if (animal->asked)
            failures += animal->error != 0 || is_refused(animal)
                || is_forgotten(animal);
        else
            failures += !interrupted();
    }
    return failures;
}

void herd_print_failures(const struct herd *herd, FILE *out)
{
    for (int i = 0; i < herd->count; i++) {
        const struct animal *animal = &herd->animals[i];
        if (animal->error != 0 && animal->status != 0)
            fprintf(out, "animals: %s: the farm answered %d, but: %s\n",
                animal->name, animal->status, error_text(animal->error));
        else if (animal->error != 0)
            fprintf(out, "animals: %s: %s\n", animal->name,
                error_text(animal->error));
        else if (is_refused(animal))
            fprintf(out, "animals: %s: the farm answered %d\n", animal->name,
                animal->status);
        else if (animal->asked && is_forgotten(animal))
            fprintf(out, "animals: %s: %s\n", animal->name,
                animal->sound == NULL
                    ? "asked, but the result was never reported"
                    : "answered, but the line was never typed");
    }
}

void herd_free(struct herd *herd)
{
    for (int i = 0; i < herd->num_names && herd->urls != NULL; i++)
        url_free(&herd->urls[i]);
    for (int i = 0; i < herd->count && herd->animals != NULL; i++) {
        free(herd->animals[i].sound);
        free(herd->animals[i].text);
    }
    free(herd->urls);
    free(herd->animals);
    *herd = (struct herd){ .options = NULL };
}
