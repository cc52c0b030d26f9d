#!/usr/bin/env python3
"""Draws bench/figures/*.svg with gnuplot, from the results of a full `make
bench` and of `make stage-1 TYPING=4` to `stage-6` in build/: seconds by N,
memory for each waiting task, the cost of a switch, and a timeline of each
stage.

    make figures
"""

import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

from bench import machine

BUILD = os.environ.get("BUILD") or "build"
FOLDER = "bench/figures"
CROWD = "10,000 in flight, equal delays"
HEAD = """
set terminal svg size 720,{height} font 'sans-serif,13' background rgb 'white'
set output '{path}'
set title "{title}\\n{{/*0.8 {machine}}}" noenhanced
set title enhanced
set grid
"""


def draw(name, title, height, measured, body):
    path = "%s/%s.svg" % (FOLDER, name)
    drawing = "%s/%s.svg" % (BUILD, name)  # moved only when complete
    script = HEAD.format(path=drawing, title=title, height=height,
                         machine=measured) + body
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
    shutil.move(drawing, path)
    print("drawn: " + path)


def rows():
    with open(BUILD + "/bench.csv", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


def measured_on(table):
    for row in table:
        if row[0] == "machine":
            return row[1]
    raise ValueError("bench.csv does not say on which machine")


def medians(table, case, column):
    """{program: median}, in the order of the table."""
    found = {}
    for row in table:
        if row[0] == case:
            found.setdefault(row[1], []).append(float(row[column]))
    if not found:
        raise ValueError("bench.csv has no table of " + case)
    return {name: statistics.median(values)
            for name, values in found.items()}


def block(lines):
    return "$data << end\n%s\nend\n" % "\n".join(lines)


def bars(name, title, unit, measured, values):
    """Horizontal bars on a logarithmic scale, the figure beside each."""
    lines = ['"%s" %d %g "%s"' % (what, -i, value, ("  %.3g" if value < 100
                                                    else "  %.0f") % value)
             for i, (what, value) in enumerate(values.items())]
    draw(name, title, 90 + 26 * len(values), measured, block(lines) + """
set logscale x
set xrange [%g:%g]
set yrange [%g:0.7]
set xlabel '%s'
set style fill solid 0.8 noborder
unset key
plot $data using ($3/2):2:($3/2):(0.3):ytic(1) with boxxyerror lc rgb '#4477aa', \\
     '' using 3:2:4 with labels left notitle
""" % (min(values.values()) / 2, max(values.values()) * 4,
            -len(values) + 0.3, unit))


def wall(table):
    found = medians(table, "sweep, s", 3)
    lines = {}
    for what, value in found.items():
        name, _, n = what.partition(" at ")
        lines.setdefault(name, []).append("%s %g" % (n, value))
    data = "".join("$d%d << end\n%s\nend\n" % (i, "\n".join(points))
                   for i, points in enumerate(lines.values()))
    plots = ", ".join("$d%d using 1:2 with linespoints lw 2 title '%s'" % (
        i, name) for i, name in enumerate(lines))
    draw("wall", "Seconds for N animals of 0.3 s, all at once", 420,
         measured_on(table), data + """
set logscale xy
set xrange [8:13000]
set xlabel 'N'
set ylabel 's'
set key left top
plot %s
""" % plots)


def timeline(number):
    path = "%s/animals-%d.json" % (BUILD, number)
    with open(path, encoding="utf-8") as file:
        run = json.load(file)
    spans = run["timing"]["spans"]
    if len(spans) != 12 or not all(
            span["typed"] > span["typing"] + 0.01 for span in spans):
        raise ValueError(path + " is not of twelve animals that were typed")
    day = time.strftime("%Y-%m-%d", time.localtime(os.path.getmtime(path)))
    lines = []
    for i, (animal, span) in enumerate(zip(run["animals"], spans)):
        lines.append('"%s" %d %g %g %g %g' % (
            animal["name"], -i, span["asked"], span["done"], span["typing"],
            span["typed"]))
    draw("timeline-%d" % number, "%s: waiting for the farm, typing" %
         run["stage"], 110 + 20 * len(lines), machine(day), block(lines) + """
set xlabel 's'
set yrange [%g:0.7]
set key outside below
set style fill solid 0.8 noborder
plot $data using 3:2:3:4:($2-0.3):($2+0.3):ytic(1) with boxxyerror \\
     lc rgb '#88bbdd' title 'waits', \\
     '' using 5:2:5:6:($2-0.3):($2+0.3) with boxxyerror lc rgb '#cc6677' \\
     title 'types'
""" % (-len(lines) + 0.3))


def main():
    if shutil.which("gnuplot") is None:
        print("figures: skipped: no gnuplot (Debian: gnuplot-nox)",
              file=sys.stderr)
        return 0
    os.makedirs(FOLDER, exist_ok=True)
    try:
        table = rows()
        wall(table)
        bars("memory", "Resident bytes for each of 10,000 that wait", "bytes",
             measured_on(table),
             {name: value for name, value in medians(table, CROWD, 4).items()
              if name != "floor" and value > 0})
        bars("switch", "One switch, in each way", "ns of CPU",
             measured_on(table), medians(table, "one switch, ns", 3))
        for number in range(1, 7):
            timeline(number)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print("figures: %s: run make bench first, and then make stage-1 to "
              "stage-6 with TYPING=4" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
