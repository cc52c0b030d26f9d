#!/usr/bin/env python3
"""Draws bench/figures/*.svg: those that explain (sketches.py), and those of
data, from bench/results.csv and bench/timelines.csv.

    make figures     draws all of them
    make results     renews the data from build/, after a full make bench and
                     make stage-1 to stage-6; then draws
    python3 bench/figures.py --check    are the files in the repository what
                                        these scripts draw from its data?

Standard library only.
"""

import csv
import json
import math
import os
import statistics
import sys
import time

from bench import machine
from drawing import MARGIN, WIDTH, Figure, width_of
from sketches import SKETCHES

BUILD = os.environ.get("BUILD") or "build"
FOLDER = "bench/figures"
RESULTS = "bench/results.csv"
TIMELINES = "bench/timelines.csv"
RIGHT = WIDTH - MARGIN

SWEEP = "sweep, s"
SWITCH = "one switch, ns"
CROWDS = (("1,000 in flight, equal delays", "1,000 at once"),
          ("10,000 in flight, equal delays", "10,000 at once"),
          ("10,000 in flight, delays spread over five seconds",
           "10,000, spread over 5 s"))
NEEDED = [SWEEP, SWITCH] + [case for case, _ in CROWDS]

STAGES = {"01": "1 blocking", "02": "2 threads", "03": "3 non-blocking",
          "04": "4 callbacks", "05": "5 coroutines", "06": "6 async/await"}


class Missing(Exception):
    """There is no data for a figure; the message says how to get it."""


# --- The data ----------------------------------------------------------------

def read_table(path, needs):
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return list(csv.reader(file))
    except FileNotFoundError:
        raise Missing("needs " + needs) from None


class Results:
    """bench/results.csv: medians of the last full `make bench`."""

    def __init__(self):
        self.rows = read_table(RESULTS, "make bench, then make results")
        self.machine = next(row[1] for row in self.rows
                            if row[0] == "machine")

    def column(self, case, index):
        """{program: median} in the order of the table."""
        found = {row[1]: float(row[index]) for row in self.rows
                 if row[0] == case}
        if not found:
            raise Missing("needs the table \"%s\" of make bench" % case)
        return found

    def caption(self, figure, y, *lines):
        rounds = {row[2] for row in self.rows if row[2:3]
                  and row[2].isdigit()}
        note = "one round" if rounds == {"1"} else "medians"
        figure.caption(y, [*lines, self.machine,
                           "make bench (%s); make results" % note])


def medians_of_bench():
    """The rows of bench/results.csv, from build/bench.csv."""
    path = BUILD + "/bench.csv"
    table = read_table(path, "make bench")[1:]
    groups = {}
    for row in table:
        if row[0] != "machine":
            groups.setdefault((row[0], row[1]), []).append(row[3:])
    for case in NEEDED:
        if not any(key[0] == case for key in groups):
            raise Missing("%s has no table \"%s\": run a full make bench" % (
                path, case))
    yield ["case", "program", "rounds", "value", "bytes", "wall_s"]
    yield next(row for row in table if row[0] == "machine")
    for (case, program), values in groups.items():
        columns = zip(*[[float(cell) for cell in row] for row in values])
        yield [case, program, len(values)] + [
            "%.6g" % statistics.median(column) for column in columns]


def spans_of_stage(number):
    """The rows of bench/timelines.csv for a stage, from animals-N.json."""
    path = "%s/animals-%d.json" % (BUILD, number)
    try:
        with open(path, encoding="utf-8") as file:
            run = json.load(file)
    except FileNotFoundError:
        raise Missing("needs make stage-%d" % number) from None
    spans = run["timing"]["spans"]
    if len(spans) != 12 or not all(
            span["typed"] > span["typing"] + 0.01 for span in spans):
        raise Missing(path + " is not of twelve animals that were typed")
    day = time.strftime("%Y-%m-%d", time.localtime(os.path.getmtime(path)))
    yield ["machine", machine(day)]
    for animal, span in zip(run["animals"], spans):
        yield [run["stage"], animal["name"]] + [
            "%.3f" % span[mark] for mark in ("asked", "done", "typing",
                                             "typed")]


def timelines_of_stages():
    rows = [["stage", "animal", "asked", "answered", "typing", "typed"]]
    for number in range(1, 7):
        found = list(spans_of_stage(number))
        rows += found[len(rows) > 1:]  # the machine once
    return rows


def renew():
    """Writes the data from what is in build/. Returns whether it is all
    there."""
    complete = True
    for path, rows in (RESULTS, medians_of_bench), (
            TIMELINES, timelines_of_stages):
        try:
            table = list(rows())
        except Missing as missing:
            print("not renewed: %s: %s" % (path, missing))
            complete = False
            continue
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(table)
        print("renewed: " + path)
    return complete


# --- Bars --------------------------------------------------------------------

def name_of(program):
    return STAGES.get(program[:2], program)


def is_stage(program):
    return program[:2] in STAGES


def grouped(value, digits=3):
    """A number with at most so many significant digits, and with commas."""
    if value >= 10 ** (digits - 1):
        return "{:,.0f}".format(value)
    places = digits - 1 - math.floor(math.log10(value)) if value > 0 else 0
    return "%.*f" % (min(places, digits - 1), value)


def marks(most, about):
    """Round numbers from 0 to `most`, some `about` of them."""
    rough = most / about
    step = 10 ** math.floor(math.log10(rough))
    step *= next(by for by in (1, 2, 5, 10) if by * step >= rough)
    return [i * step for i in range(int(most / step + 1e-9) + 1)]


def axis(figure, y, x_of, values, words, grid_from):
    """A ruler below bars, with thin lines up to grid_from."""
    for value in values:
        x = x_of(value)
        figure.line([(x, grid_from), (x, y)], "edge", 1)
        figure.text(x, y + 18, "{:,g}".format(value), "dim", "middle")
    figure.text((x_of(values[0]) + x_of(values[-1])) / 2, y + 38, words,
                "dim", "middle")


def memory(results):
    case = CROWDS[1][0]
    values = {name: value for name, value in results.column(case, 4).items()
              if is_stage(name) or name.startswith("libcurl")}
    figure = Figure(
        "Ten thousand waiting: what does each cost in memory?",
        "Bars of resident bytes for each waiting fetch: " + "; ".join(
            "%s %.0f bytes" % (name_of(name), value)
            for name, value in values.items()) + ".")
    left, top, step = 144, 64, 32
    most = max(values.values())
    scale = 430 / most

    def x_of(value):
        return left + value * scale

    bottom = top + step * len(values) + 4
    axis(figure, bottom, x_of, marks(most, 4),
         "bytes of resident memory for each waiting fetch", top - 6)
    for i, (name, value) in enumerate(values.items()):
        y = top + step * i
        figure.text(left - 10, y + 15, name_of(name), "", "end")
        figure.bar(left, y, value * scale, 20,
                   "farm" if is_stage(name) else "other")
        figure.note(x_of(value) + 8, y + 15, "{:,.0f} bytes".format(value),
                    "bold")
    results.caption(figure, bottom + 54,
                    "10,000 fetches wait at once. The kernel's memory for "
                    "their sockets is not counted.")
    return figure


def bar_table(figure, top, columns, rows, most, kind):
    """Rows of programs, columns of bars on one scale. Each column is (head,
    {program: value}, {program: words instead of a bar}, mark or None).
    Returns the bottom."""
    left, step = 138, 28
    wide = (RIGHT - left) / len(columns)
    scale = (wide - 62) / most
    bottom = top + 24 + step * len(rows)
    for i, (head, values, instead, mark) in enumerate(columns):
        x = left + i * wide
        figure.text(x, top + 6, head, "bold")
        figure.line([(x, top + 18), (x, bottom)], "edge", 1)
        for j, name in enumerate(rows):
            y = top + 24 + step * j
            value = values.get(name)
            if value is None:
                figure.text(x + 8 + (mark or 0) * scale, y + 14,
                            instead.get(name, "no result"), "dim")
                continue
            figure.bar(x, y + 1, value * scale, 17,
                       kind if is_stage(name) else "other")
            figure.text(x + value * scale + 6, y + 14, grouped(value), "")
        if mark is not None:
            figure.line([(x + mark * scale, top + 18),
                         (x + mark * scale, bottom)], "ink", 1.2, "3 3")
    for j, name in enumerate(rows):
        figure.text(left - 10, top + 24 + step * j + 14, name_of(name), "",
                    "end")
    return bottom


def wall(results):
    table = {}
    for what, value in results.column(SWEEP, 3).items():
        name, _, count = what.rpartition(" at ")
        table.setdefault(int(count), {})[name] = value
    rows = list(dict.fromkeys(name for values in table.values()
                              for name in values))
    columns = []
    for count, values in table.items():
        instead = {name: "%s s, not run" % "{:,.0f}".format(0.3 * count)
                   for name in rows if name[:2] == "01"}
        columns.append(("{:,d}".format(count), values, instead, 0.3))
    most = max(value for values in table.values()
               for value in values.values())
    figure = Figure(
        "10 to 10,000 at once: how long until all have answered?",
        "Four groups of bars, one for each number of fetches at once. Up to "
        "1,000 at once all stages but the first take little more than the "
        "0.3 seconds of one answer; the first one takes 0.3 seconds for "
        "each. At 10,000 the programs differ.")
    figure.text(MARGIN, 64, "seconds, by the number of fetches at once",
                "dim")
    bottom = bar_table(figure, 92, columns, rows, most, "farm")
    results.caption(
        figure, bottom + 14,
        "Each answer takes 0.3 s: the dashed line. The bars of all four "
        "columns have one scale.",
        "“Not run” is a prediction: one after another, 0.3 s each.")
    return figure


def cpu(results):
    tables = [(head, results.column(case, 3)) for case, head in CROWDS]
    rows = list(dict.fromkeys(name for _, values in tables
                              for name in values))
    most = max(value for _, values in tables for value in values.values())
    columns = [(head, values, {}, values.get("floor"))
               for head, values in tables]
    figure = Figure(
        "How much processor time does one fetch cost?",
        "Three groups of bars of microseconds for each fetch: 1,000 at once, "
        "10,000 at once, and 10,000 whose answers are spread over five "
        "seconds. In the last group stage 3, which checks all sockets each "
        "time, costs several times as much as stages 4 to 6.")
    figure.text(MARGIN, 64, "microseconds of the client's processor for each "
                "fetch, by the number at once", "dim")
    bottom = bar_table(figure, 92, columns, rows, most, "run")
    notes = []
    if any(name not in values for _, values in tables for name in rows):
        notes = ["No result: the client failed, or could not keep that many "
                 "in flight."]
    results.caption(
        figure, bottom + 14,
        "The floor, the dashed line, makes the system calls that a correct "
        "client must make, and nothing",
        "else. The other hatched bars are clients on other libraries. Spread "
        "answers come one by one.", *notes)
    return figure


SWITCHES = {
    "function call": "a function call",
    "plain resume": "a switch over a line number",
    "full generator": "resuming a generator",
    "generator, 10 deep": "the same, 10 deep",
    "generator, 99 deep": "the same, 99 deep",
    "await of what need not wait": "an await that need not wait",
    "stack switch": "from stack to stack (stage 6)",
    "swapcontext": "the same with swapcontext()",
    "spawn and join a pooled task": "starting and joining a task",
    "system call": "a system call",
    "thread hand-off, one core": "from thread to thread",
}
NOT_OURS = ("function call", "swapcontext", "system call",
            "thread hand-off, one core")


def switch(results):
    values = results.column(SWITCH, 3)
    least, most = min(values.values()), max(values.values())
    figure = Figure(
        "From one activity to the next: what does a switch cost?",
        "Bars of nanoseconds on a logarithmic axis: " + "; ".join(
            "%s %s" % (SWITCHES.get(name, name), grouped(value))
            for name, value in values.items()) + ".")
    left, top, step = 236, 64, 28
    decades = math.ceil(math.log10(most))
    scale = 400 / decades

    def x_of(value):
        return left + scale * math.log10(max(value, 1))

    bottom = top + step * len(values) + 4
    axis(figure, bottom, x_of, [10 ** i for i in range(decades + 1)],
         "nanoseconds of processor time; each mark is ten times the one "
         "before", top - 6)
    for i, (name, value) in enumerate(values.items()):
        y = top + step * i
        figure.text(left - 10, y + 14, SWITCHES.get(name, name), "", "end")
        figure.bar(left, y, x_of(value) - left, 18,
                   "other" if name in NOT_OURS else "run")
        figure.pill(x_of(value) + 14 + width_of(grouped(value)) / 2, y + 14,
                    grouped(value))
    results.caption(
        figure, bottom + 54,
        "The axis is logarithmic because the largest is %s times the "
        "smallest. Warm caches, the best" % "{:,.0f}".format(
            round(most / least, -2) or most / least),
        "case. Hatched bars are what the system or the compiler offers.")
    return figure


# --- Timelines ---------------------------------------------------------------

def read_timelines():
    table = read_table(TIMELINES, "make stage-1 to stage-6, then make results")
    found = {}
    day = ""
    for row in table[1:]:
        if row[0] == "machine":
            day = row[1]
        else:
            found.setdefault(int(row[0][:2]), []).append(
                (row[1], *map(float, row[2:])))
    return found, day


LABELS = {"farm": "dashes: waits for the farm",
          "screen": "dots: waits for the screen", "types": "solid: types"}


def stretches(animal):
    """{kind: (start, end)} of a row of the timelines."""
    _, asked, answered, typing, typed = animal
    return {"farm": (asked, answered), "screen": (answered, typing),
            "types": (typing, typed)}


def stage_name(number):
    return "Stage %d, %s" % (number, STAGES["%02d" % number][2:])


def lanes(figure, top, step, animals, scale, kinds=tuple(LABELS)):
    """Draws a lane for each animal; labels one stretch of each of the kinds
    where it is. Returns the bottom."""
    left = 96
    high = step - 6
    free = []  # lanes with room for words at the right
    for i, animal in enumerate(animals):
        y = top + step * i
        figure.text(left - 12, y + high / 2 + 4.5, animal[0], "", "end")
        for kind, (start, end) in stretches(animal).items():
            if (end - start) * scale >= 0.5:
                figure.bar(left + start * scale, y, (end - start) * scale,
                           high, kind)
        end = figure.note(left + animal[4] * scale + 8, y + high / 2 + 4.5,
                          "%.2f s" % animal[4], "dim")
        free.append((end + 12, y + high / 2 + 4.5))
    used = set()

    def label(kind, order):
        """In the bar, if it fits there, otherwise at the right of a lane."""
        text = LABELS[kind]
        need = width_of(text, bold=True) + 30
        for i in order:
            start, end = stretches(animals[i])[kind]
            if end - start < 0.02 or i in used:
                continue
            x, y = free[i]
            if (end - start) * scale > need:
                figure.pill(left + (start + end) / 2 * scale, y, text,
                            kind + " bold")
            elif x + need - 30 < RIGHT:
                figure.note(x, y, text, kind + " bold")
            else:
                continue
            used.add(i)
            return

    def longest_first(kind):
        def length(i):
            start, end = stretches(animals[i])[kind]
            return end - start
        return sorted(range(len(animals)), key=length, reverse=True)

    for kind in kinds:
        # "types" stands beside a lane: the one that ends first has most room.
        label(kind, longest_first(kind) if kind != "types" else
              sorted(range(len(animals)), key=lambda i: animals[i][4]))
    return top + step * len(animals)


def ruler(figure, y, scale, most, step, grid_from):
    left = 96
    for i in range(int(most / step + 1e-9) + 1):
        x = left + i * step * scale
        figure.line([(x, grid_from), (x, y + 4)], "edge", 1)
        figure.text(x, y + 20, "%g" % (i * step), "dim", "middle")
    figure.text(RIGHT, y + 20, "seconds", "dim", "end")


LONG, SHORT = 10.5, 1.75  # seconds on the two rulers
LONG_SCALE, SHORT_SCALE = 520 / LONG, 520 / SHORT


def describe(animals):
    return "; ".join(
        "%s waits for the farm until %.2f s, for the screen until %.2f s, and "
        "types until %.2f s" % (name, answered, typing, typed)
        for name, _, answered, typing, typed in animals)


def timeline(number):
    stages, day = read_timelines()
    if number not in stages:
        raise Missing("needs make stage-%d, then make results" % number)
    animals = stages[number]
    last = max(animal[4] for animal in animals)
    scale, most, step = ((LONG_SCALE, LONG, 1) if last > SHORT
                         else (SHORT_SCALE, SHORT, 0.25))
    figure = Figure(stage_name(number) + ": when does each animal wait, and "
                    "for what?", describe(animals) + ".")
    top = 64
    bottom = top + 24 * len(animals)
    ruler(figure, bottom, scale, most, step, top - 6)
    lanes(figure, top, 24, animals, scale)
    note = ("All of stages 2 to 6 have this ruler." if most == SHORT
            else "Stages 2 to 6 have a ruler of 1.75 seconds.")
    figure.caption(bottom + 36, [
        "The time at the end of a lane is when its line was complete. "
        + note, day, "make stage-%d; make results" % number])
    return figure


def timeline_1_2():
    stages, day = read_timelines()
    if 1 not in stages or 2 not in stages:
        raise Missing("needs make stage-1 and stage-2, then make results")
    ends = [max(animal[4] for animal in stages[number])
            for number in (1, 2)]
    figure = Figure(
        "The same waits, on one ruler: what do threads change?",
        "Two timelines. %s: %s. %s: %s." % (
            stage_name(1), describe(stages[1]), stage_name(2),
            describe(stages[2])))
    top = 70
    step = 19
    bottom = top + 2 * (12 * step + 34) + 6
    ruler(figure, bottom - 12, LONG_SCALE, LONG, 1, top + 8)
    for number, end in zip((1, 2), ends):
        figure.box(MARGIN - 2, top - 15, 12 + width_of(
            "%s: %.1f seconds" % (stage_name(number), end), bold=True), 20,
                   "panel", "panel", round_by=0)
        figure.text(MARGIN, top, "%s: %.1f seconds" % (
            stage_name(number), end), "bold")
        kinds = ("farm", "types") if number == 1 else ("screen",)
        top = 20 + lanes(figure, top + 14, step, stages[number], LONG_SCALE,
                         kinds)
    waits = [sum(answered - asked for _, asked, answered, *_ in
                 stages[number]) for number in (1, 2)]
    figure.caption(bottom + 24, [
        "The waits for the farm, added up, are %.1f seconds in stage 1 and "
        "%.1f in stage 2, where they overlap." % tuple(waits), day,
        "make stage-1 stage-2; make results"])
    return figure


# --- All of them -------------------------------------------------------------

def all_figures():
    """(name, function that returns the Figure) of every figure."""
    for name, draw in SKETCHES.items():
        yield name, draw
    for number in range(1, 7):
        yield "timeline-%d" % number, lambda number=number: timeline(number)
    yield "timeline-1-2", timeline_1_2
    for draw in memory, wall, cpu, switch:
        yield draw.__name__, lambda draw=draw: draw(Results())


def write_all():
    """Draws what can be drawn. Returns whether only data was missing."""
    complete = True
    os.makedirs(FOLDER, exist_ok=True)
    for name, draw in all_figures():
        path = "%s/%s.svg" % (FOLDER, name)
        try:
            figure = draw()
        except Missing as missing:
            print("skipped: %s.svg: %s" % (name, missing))
            continue
        except ValueError as error:  # of line_of(): the code has changed
            print("not drawn: %s.svg: %s" % (name, error))
            complete = False
            continue
        for problem in figure.problems():
            print("%s.svg: %s" % (name, problem))
        with open(path, "w", encoding="utf-8") as file:
            file.write(figure.svg())
        print("drawn: " + path)
    return complete


def check():
    """The names of the files that are not what would be drawn."""
    stale = []
    names = set()
    for name, draw in all_figures():
        path = "%s/%s.svg" % (FOLDER, name)
        names.add(name + ".svg")
        try:
            figure = draw()
        except (Missing, ValueError) as error:
            stale.append("%s: %s" % (path, error))
            continue
        stale += ["%s: %s" % (path, problem)
                  for problem in figure.problems()]
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except FileNotFoundError:
            text = None
        if text != figure.svg():
            stale.append(path + ": stale, run make figures")
    stale += ["%s/%s: nothing draws it" % (FOLDER, name)
              for name in sorted(set(os.listdir(FOLDER)) - names)]
    return stale


def main(arguments):
    if arguments == ["--check"]:
        stale = check()
        print("\n".join(stale or ["All figures are current."]))
        return 1 if stale else 0
    complete = True
    if arguments == ["--renew"]:
        complete = renew()
    elif arguments:
        sys.exit("figures: the options are --check and --renew")
    return 0 if write_all() and complete else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
