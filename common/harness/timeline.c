// timeline.c - draws each span as three stretches of time; a column is 1/36 s.

#include "timeline.h"

#include "json.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
    COLUMNS = 63, // of time in a line: 1.75 s
    MOST_LINES = 8, // of a drawing; in longer runs a column is more time
    ROWS = 64,
};

struct row {
    char name[8];
    double from; // asked: the wait for the farm begins
    double answered; // the wait for the screen begins
    double typing; // the typing begins
    double to; // the typing ends
};

struct ruler {
    double column; // seconds
    double mark; // seconds between two marks
};

static int read_rows(struct slice json, struct row *rows, int most)
{
    struct slice spans = json_find(json, "timing/spans");
    struct slice animals = json_find(json, "animals");
    int n = 0;

    for (; n < most && n < ROWS; n++) {
        char path[32];
        snprintf(path, sizeof(path), "%d", n);
        struct slice span = json_find(spans, path);
        struct slice name = json_find(json_find(animals, path), "name");
        if (span.at == NULL || name.at == NULL || name.len < 2)
            break;
        name.at++;
        name.len -= 2;
        json_printable(rows[n].name, sizeof(rows[n].name), name);
        rows[n].from = json_number(span, "asked", 0);
        rows[n].answered = json_number(span, "done", 0);
        rows[n].typing = json_number(span, "typing", 0);
        rows[n].to = json_number(span, "typed", 0);
        if (rows[n].to < rows[n].answered) // failed: nothing was typed
            rows[n].typing = rows[n].to = rows[n].answered;
    }
    return n;
}

static double last_moment(const struct row *rows, int n)
{
    double last = 0;

    for (int i = 0; i < n; i++)
        last = fmax(last, rows[i].to);
    return last;
}

static struct ruler make_ruler(double last, double pace)
{
    struct ruler ruler = {
        .column = (pace > 1 ? pace : 1) / 36.0,
        .mark = (pace > 1 ? pace : 1) * 0.5,
    };

    while (last > ruler.column * (double)(COLUMNS * MOST_LINES)) {
        ruler.column *= 2;
        ruler.mark *= 2;
    }
    return ruler;
}

static void draw_ruler(FILE *out, const struct ruler *ruler, double from)
{
    double to = from + ruler->column * (COLUMNS + 1);
    int at = 0;

    fprintf(out, "%8s", "");
    for (int i = (int)ceil(from / ruler->mark - 1e-9); i * ruler->mark < to;
         i++) {
        int column = (int)lround((i * ruler->mark - from) / ruler->column);
        bool last = (i + 1) * ruler->mark >= to;
        if (column < at || column > COLUMNS + 1)
            continue;
        at += fprintf(out, "%*s%.*f%s", column - at, "", i == 0 ? 0 : 1,
            i * ruler->mark, last ? " s" : "");
    }
    fputc('\n', out);
}

// Returns the number of characters: UTF-8 continuation bytes take no column.
static int width(const char *text)
{
    int n = 0;

    for (; *text != '\0'; text++)
        n += (*text & 0xC0) != 0x80;
    return n;
}

static void draw_row(FILE *out, const struct row *row,
    const struct ruler *ruler, double from, double end)
{
    char line[COLUMNS + 1];
    int used = 0;

    for (int i = 0; i < COLUMNS; i++) {
        double moment = from + (i + 0.5) * ruler->column;
        line[i] = ' ';
        if (moment >= row->from && moment < row->to)
            line[i] = moment < row->answered ? '-'
                : moment < row->typing       ? '.'
                                             : '#';
        if (line[i] != ' ')
            used = i + 1;
    }
    line[COLUMNS] = '\0';
    fprintf(out, "%s%*s", row->name, 8 - width(row->name), "");
    if (row->to <= end)
        fprintf(out, "%s%6.2f\n", line, row->to);
    else
        fprintf(out, "%.*s\n", used, line);
}

void timeline_draw(FILE *out, struct slice json, int most, double pace)
{
    static struct row rows[ROWS];
    int n = read_rows(json, rows, most);
    double last = last_moment(rows, n);
    struct ruler ruler = make_ruler(last, pace);
    double length = ruler.column * (double)COLUMNS;

    // Store the sum in `end`: on 32-bit x86 a sum may have more digits than its
    // stored value, and a row that ends with a line would lose its time.
    for (double from = 0, end; from < last; from = end) {
        end = from + length;
        draw_ruler(out, &ruler, from);
        for (int i = 0; i < n; i++) {
            if (rows[i].from < end && rows[i].to > from)
                draw_row(out, &rows[i], &ruler, from, end);
        }
    }
    fprintf(out, "%8s- waits for the farm   . waits for the screen   # types\n",
        "");
}
