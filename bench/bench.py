#!/usr/bin/env python3
"""Measures the cost of a request in each stage, compared with a floor: the
least that any correct client must do.

    make bench [ROUNDS=N] [TABLES="a b c d e f g"] [APART=no]

See bench/READING.md. Standard library only; Linux (/proc, wait4).
"""

import csv
import glob
import importlib.util
import json
import math
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

BUILD = os.environ.get("BUILD") or "build"
ROUNDS = os.environ.get("ROUNDS") or "0"
TABLES = (os.environ.get("TABLES") or "a b c d e f g").split()
APART = os.environ.get("APART") != "no"
FLOOR = "floor"

# Our targets: CPU at 1,000 and at 10,000 in flight, as multiples of the floor;
# bytes for each waiting task.
TARGETS = {"04": (1.15, 1.20, 700), "05": (1.15, 1.20, 700),
           "06": (1.20, 1.45, 4600)}

# Our targets: user instructions a request, at 1,000 in flight.
INSTRUCTION_TARGETS = {"04": 7300, "05": 8000, "06": 8600}

# Targets for switch.c, in nanoseconds.
SWITCH_TARGETS = {"plain resume": 1.5, "full generator": 3,
                  "stack switch": 4, "spawn and join a pooled task": 100}

START = time.monotonic()

CASES = [
    {"name": "1,000 in flight, equal delays", "count": 10000, "tasks": 1000,
     "delay": 100, "spread": 0, "target": 0, "rounds": 9,
     "about": "The price of a request when several hundred answers come at "
              "once: each wake-up\nhandles many answers. The time until an "
              "answer comes is the farm's delay, and is\nnot measured. The "
              "cost of the farm is not counted."},
    {"name": "10,000 in flight, equal delays", "count": 10000, "tasks": 10000,
     "delay": 1000, "spread": 0, "target": 1, "rounds": 5,
     "about": "The additional price of a crowd: its memory no longer fits the "
              "caches. Equal\ndelays hide the cost of checking all waiting "
              "sockets, because all answers come\ntogether."},
    {"name": "10,000 in flight, delays spread over five seconds",
     "count": 10000, "tasks": 10000, "delay": 500, "spread": 5000,
     "target": 1, "rounds": 3,
     "about": "Answers come one by one, as on a real network: stage 3, which "
              "checks all 10,000\nsockets each time, pays for that. Every "
              "answer is a wake-up of its own, for the\nfloor too. Longer "
              "delays would cost no more: waiting is free, waking is not."},
]


class Failed(Exception):
    pass


class Farm:
    """A farm that ends when this script ends. With `apart`, the farm runs on
    the last processor and everything else on the others. Otherwise the kernel
    often wakes the farm on the processor of the client that has just sent a
    request, and so interrupts the client for several microseconds."""

    def __init__(self, *options, apart=False):
        self.processors = sorted(os.sched_getaffinity(0))
        apart = apart and len(self.processors) > 1
        reading, self.lifeline = os.pipe()
        self.process = subprocess.Popen(
            [BUILD + "/farm", "--lifeline", str(reading), *options],
            stdout=subprocess.PIPE, text=True, pass_fds=[reading])
        os.close(reading)
        if apart:
            os.sched_setaffinity(self.process.pid, self.processors[-1:])
            os.sched_setaffinity(0, self.processors[:-1])
        self.url = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.lifeline)
        self.process.wait(10)
        os.sched_setaffinity(0, self.processors)

    def stats(self, what=""):
        with urllib.request.urlopen(self.url + "/stats" + what) as answer:
            return json.load(answer)


def resident(pid):
    """The peak of resident bytes so far; 0 if the process has ended."""
    try:
        with open("/proc/%d/status" % pid, encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def command(program, farm, count, tasks, delay, *options):
    return [*program.split(), "-q", "--server", farm.url,
            "--count", str(count), "--max-tasks", str(tasks),
            "--delay", str(delay), "--timeout", "60", *options]


def run(program, farm, count, tasks, delay, *options, least=0.9):
    """Runs a program; returns CPU seconds, bytes (or 0), wall seconds."""
    farm.stats("?reset")
    # A file, because a pipe that nobody empties would stop a program that has
    # thousands of errors to print.
    with tempfile.TemporaryFile("w+") as errors:
        start = time.monotonic()
        child = subprocess.Popen(
            command(program, farm, count, tasks, delay, *options),
            stdout=subprocess.DEVNULL, stderr=errors)
        if "/02-" in program:  # all processors, for its threads
            os.sched_setaffinity(child.pid, farm.processors)
        most = 0
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid != 0:
                break
            most = max(most, resident(child.pid))
            time.sleep(0.02)
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        complaint = errors.readline().strip()
    peak = farm.stats()["peak_concurrency"]
    if child.returncode != 0 or complaint:
        raise Failed(complaint or "exit code %d" % child.returncode)
    if peak < tasks * least:
        raise Failed("only %d were in flight" % peak)
    return usage.ru_utime + usage.ru_stime, most, wall


def measure(program, farm, case):
    """Measures a program: CPU µs and bytes per request, less those of a run
    with one request, and seconds."""
    # A delay of 50 ms leaves time to read the memory use before the end.
    base_cpu, base_bytes, _ = run(program, farm, 1, 1, 50)
    cpu, most, wall = run(
        program, farm, case["count"], case["tasks"], case["delay"])
    return ((cpu - base_cpu) / (case["count"] - 1) * 1e6,
            (most - base_bytes) / (case["tasks"] - 1), wall)


def stages():
    return [(os.path.basename(os.path.dirname(path)), path)
            for path in sorted(glob.glob(BUILD + "/0*/animals"))]


def baselines():
    return [("libcurl " + kind, path) for kind in ("multi", "socket")
            for path in [BUILD + "/bench/libcurl/%s/animals" % kind]
            if os.path.exists(path)]


def peers():
    """Clients on other libraries: see bench/peers/."""
    script = "bench/peers/asyncio_client.py"
    found = [(name, path)
             for name, path in (
                 ("libuv", BUILD + "/bench/peers/libuv_client"),
                 ("State Threads", BUILD + "/bench/peers/st_client"))
             if os.path.exists(path)]
    found.append(("asyncio", script))
    if importlib.util.find_spec("uvloop"):
        found.append(("asyncio uvloop", script + " --uvloop"))
    return found


def programs():
    """Names and paths of all programs to measure, the floor first. Without
    stage 1, which never has more than one request in flight."""
    return ([(FLOOR, BUILD + "/bench/floor")] + stages()[1:] + baselines()
            + peers())


def measure_all(case, farm, log):
    """Measures all programs in turn, round by round. Returns for each name a
    list of rows and, after a failure, an error."""
    rows = {name: [] for name, _ in programs()}
    stopped = {}
    for number in range(ROUNDS or case["rounds"]):
        # Every other round backwards, because a program influences the next.
        for name, path in programs()[::-1 if number % 2 else 1]:
            if name in stopped:
                continue
            try:
                row = measure(path, farm, case)
            except Failed as failed:
                stopped[name] = str(failed)
                continue
            rows[name].append(row)
            log.writerow([case["name"], name, number + 1]
                         + ["%.3f" % value for value in row])
    return rows, stopped


NOISY = []  # rows with a run that differs much from the median


def note_noise(row, values):
    middle = statistics.median(values)
    if max(values) > 1.25 * middle or min(values) < 0.8 * middle:
        NOISY.append("%s: %s" % (row, spread(values)))


def spread(values, form="%.1f"):
    return (form + " (" + form + "..." + form + ")") % (
        statistics.median(values), min(values), max(values))


def compare(value, target, form="%.2f"):
    """The value, followed by its target, if there is one, and by " !" if the
    target is missed."""
    if target is None:
        return form % value
    return (form + " of " + form + "%s") % (
        value, target, " !" if value > target else "")


def print_table(case, rows, stopped):
    many = case["tasks"] >= 10000
    print("\n(b) %s (--count %d --max-tasks %d --delay %d%s)\n" % (
        case["name"], case["count"], case["tasks"], case["delay"],
        ", farm --spread %d" % case["spread"] if case["spread"] else ""))
    print("%-21s %-22s %-14s %-16s %6s %3s" % (
        "", "CPU µs a request", "in floors", "resident bytes",
        "wall s", "n"))
    # If the floor has failed, print nan instead of ratios.
    floor = [row[0] for row in rows[FLOOR]] or [math.nan] * 100
    for name, list_of in rows.items():
        if name in stopped:
            print("%-21s stopped: %s" % (name, stopped[name]))
        if not list_of:
            continue
        cpu, size, wall = zip(*list_of)
        target = TARGETS.get(name[:2])
        # Compare within each round: a disturbance of a whole round cancels out.
        ratio = statistics.median(a / b for a, b in zip(cpu, floor))
        text = compare(statistics.median(size), target and target[2], "%.0f")
        note_noise("(b) %s, %s" % (name, case["name"]), cpu)
        print("%-21s %-22s %-14s %-16s %6.2f %3d" % (
            name, spread(cpu),
            compare(ratio, target and target[case["target"]]),
            text if many else "-", statistics.median(wall), len(cpu)))
    print("\n" + case["about"], flush=True)


def print_switches(log):
    """(c) The cost of a switch, for each way to switch."""
    rounds = ROUNDS or 9
    out = subprocess.run([BUILD + "/bench/switch", str(rounds)], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    print("\n(c) One switch (build/bench/switch %d), on one processor\n"
          % rounds)
    print("%-30s %-28s %s" % ("", "CPU ns", "target"))
    for line in out.splitlines():
        name, *values = line.split("\t")
        values = [float(value) for value in values]
        for number, value in enumerate(values):
            log.writerow(["one switch, ns", name, number + 1, value])
        note_noise("(c) " + name, values)
        target = SWITCH_TARGETS.get(name)
        print("%-30s %-28s %s" % (
            name, spread(values, "%.2f"), "" if target is None else "%g%s" % (
                target, " !" if statistics.median(values) > target else "")))
    print("\nWarm loops, the best case: in a real program the data of the "
          "resumed task has to\ncome from memory first, and that costs more "
          "than the switch.",
          flush=True)


def print_sweep(log):
    """(a) Seconds by the number of animals at once."""
    sizes = (10, 100, 1000, 10000)
    delay = 300
    rounds = ROUNDS or 5
    rows = {}
    stopped = []
    with Farm() as farm:
        for name, path in stages() + baselines():
            for n in sizes:
                tasks = 1 if name[:2] == "01" else n
                if not fits(tasks):
                    rows[name, n] = "skipped"
                    continue
                if n / tasks * delay / 1e3 > 15:
                    rows[name, n] = "(%.0f)" % (n / tasks * delay / 1e3)
                    continue
                walls = []
                for number in range(rounds):
                    try:
                        _, _, wall = run(path, farm, n, tasks, delay,
                                         least=0)
                    except Failed as failed:
                        rows[name, n] = "stopped"
                        stopped.append("%s at %d: %s" % (name, n, failed))
                        break
                    walls.append(wall)
                    log.writerow(["sweep, s", "%s at %d" % (name, n),
                                  number + 1, "%.3f" % wall])
                if walls:
                    rows[name, n] = "%.2f" % statistics.median(walls)
    print("\n(a) N animals at once, %d ms each: seconds\n" % delay)
    print("%-22s" % "" + "".join("%12d" % n for n in sizes))
    for name in dict.fromkeys(name for name, _ in rows):
        print("%-22s" % name + "".join("%12s" % rows[name, n] for n in sizes))
    for line in stopped:
        print("stopped: " + line)
    print("\nIn brackets: predicted and not run. Animals that wait together "
          "take as long as\none animal, in every stage that waits for all of "
          "them at once; at 10,000 the\nprocessors limit the time.", flush=True)


def print_parking(log):
    """(d) The cost of a waiting frame, task or thread; how many fit."""
    rounds = ROUNDS or 5
    print("\n(d) Started and left waiting (build/bench/park KIND N)\n")
    print("%-8s %8s %24s %8s  %s" % ("", "N", "us each", "bytes", ""))
    for kind in ("frame", "stack", "thread"):
        for n in (10000, 100000):
            rows = []
            for number in range(rounds):
                out = subprocess.run(
                    [BUILD + "/bench/park", kind, str(n)], check=True,
                    stdout=subprocess.PIPE, text=True).stdout
                reached, us, size, why = out.rstrip("\n").split("\t")
                rows.append((int(reached), float(us), float(size)))
                log.writerow(["parked, us", "%s %d" % (kind, n), number + 1,
                              us])
            reached, us, size = zip(*rows)
            note_noise("(d) %s %d" % (kind, n), us)
            print("%-8s %8d %24s %8.0f  %s" % (
                kind, n, spread(us, "%.2f"), statistics.median(size),
                "stopped at %d: %s" % (min(reached), why) if why else ""))
    print("\nA frame here has 200 bytes of locals. A stack that has been used "
          "once is used\nagain at the price of table (c). The number of "
          "threads is limited by the system\n(kernel.pid_max, "
          "kernel.threads-max, pids.max), not by memory.", flush=True)


def print_selectors(log):
    """(e) epoll and poll, by the number of watched sockets."""
    rounds = ROUNDS or 5
    path = dict(stages()).get("04-callbacks")
    print("\n(e) Stage 4, epoll or poll: CPU us a request, by number waiting\n")
    print("%-26s %-24s %-24s" % ("", "epoll", "poll"))
    for spread_ms, how in ((0, "equal delays"), (2000, "spread over 2 s")):
        with Farm("--spread", str(spread_ms), apart=APART) as farm:
            for n in filter(fits, (100, 1000, 10000)):
                found = {"epoll": [], "poll": []}
                stopped = ""
                for number in range(rounds):
                    for kind, values in found.items():
                        try:
                            base, _, _ = run(path, farm, 1, 1, 50,
                                             "--selector", kind)
                            cpu, _, _ = run(path, farm, max(n, 1000), n, 300,
                                            "--selector", kind, least=0.5)
                        except Failed as failed:
                            stopped = str(failed)
                            break
                        values.append((cpu - base) / (max(n, 1000) - 1) * 1e6)
                        log.writerow(["selector, us", "%s %s %d" % (
                            kind, how, n), number + 1, "%.3f" % values[-1]])
                cells = [stopped] if stopped else map(spread, found.values())
                print("%-26s " % ("%6d, %s" % (n, how))
                      + " ".join("%-24s" % cell for cell in cells), flush=True)
    print("\nEach call of poll() passes and checks all sockets: as good as "
          "epoll while many\nanswers come together, and far worse when the "
          "answers come one by one.", flush=True)


def print_crawls(log):
    """(f) A crawl, by --max-tasks."""
    rounds = ROUNDS or 5
    pages, delay = 1000, 20
    print("\n(f) Stage 6 crawls %d pages of %d ms, by --max-tasks\n" % (
        pages, delay))
    print("%8s %22s %14s" % ("tasks", "seconds", "CPU us a page"))
    crawl = BUILD + "/06-async-await-style/crawl"
    with Farm() as farm:
        for tasks in (1, 2, 4, 8, 16, 32, 64, 128, 256):
            if pages * delay / 1e3 / tasks > 8:
                print("%8d %22s" % (tasks, "(%.0f, not run)" % (
                    pages * delay / 1e3 / tasks)))
                continue
            walls, cpus = [], []
            for number in range(rounds):
                start = time.monotonic()
                child = subprocess.Popen(
                    [crawl, "-q", "--max-tasks", str(tasks),
                     "%s/site/n%d,k10,d%d/" % (farm.url, pages, delay)])
                _, status, usage = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
                walls.append(time.monotonic() - start)
                cpus.append(usage.ru_utime + usage.ru_stime)
                log.writerow(["crawl, s", tasks, number + 1,
                              "%.3f" % walls[-1]])
            print("%8d %22s %14.0f" % (
                tasks, spread(walls, "%.2f"),
                statistics.median(cpus) / pages * 1e6), flush=True)
    print("\nTwice the tasks take half the time while the queue has a page for "
          "each task. The\nfirst levels of the tree have fewer pages: there, "
          "more tasks do not help.", flush=True)


def count_instructions(counter, program, farm, count):
    """The instructions of a program outside the kernel."""
    child = subprocess.run(
        counter + command(program, farm, count, 1000, 300),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    out = child.stderr
    if child.returncode != 0:
        raise Failed("exit code %d" % child.returncode)
    found = re.search(r"^(\d+),.*instructions:u|Collected : (\d+)", out, re.M)
    if not found:
        raise Failed((out.splitlines() or ["no count"])[-1])
    return int(found.group(1) or found.group(2))


def find_counter():
    """The command that counts instructions: perf, where the processor's
    counters can be read, or valgrind; and its name."""
    perf = ["perf", "stat", "-x,", "-e", "instructions:u"]
    callgrind = ["valgrind", "--tool=callgrind",
                 "--callgrind-out-file=/dev/null"]
    for name, counter in ("perf stat", perf), ("callgrind", callgrind):
        try:
            out = subprocess.run(counter + ["true"], capture_output=True,
                                 text=True, check=True).stderr
        except (OSError, subprocess.CalledProcessError):
            continue
        if "<not" not in out:
            return name, counter
    return None, None


def print_instructions(log):
    """(g) User instructions a request."""
    name, counter = find_counter()
    print("\n(g) User instructions a request, 1,000 in flight\n")
    if counter is None:
        print("Skipped: neither perf nor valgrind can count instructions here.")
        return
    if not fits(1000):
        print("skipped")
        return
    # An interpreter's instructions say nothing about a client, and threads
    # are counted differently each time.
    rows = [row for row in programs() if "asyncio" not in row[0]
            and row[0][:2] != "02"]
    with Farm() as farm:
        for row, path in rows:
            try:
                few, many = (count_instructions(counter, path, farm, count)
                             for count in (1000, 3000))
            except Failed as failed:
                print("%-21s stopped: %s" % (row, failed))
                continue
            value = (many - few) / 2000
            log.writerow(["user instructions", row, 1, "%.0f" % value])
            print("%-21s %s" % (row, compare(
                value, INSTRUCTION_TARGETS.get(row[:2]), "%6.0f")), flush=True)
    print("\nCounted by %s, which gives nearly the same figure each time, even "
          "on a busy\nmachine. The stages parse all of HTTP; floor, libuv and "
          "State Threads do not." % name, flush=True)


def raise_limits():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if not fits(10000):
        print("Skipped, for want of open files: what needs more than %d "
              "(ulimit -Hn)." % hard)


def fits(tasks):
    """May a program, and the farm, have so many sockets open?"""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return hard == resource.RLIM_INFINITY or tasks + 100 <= hard


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True,
                              check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "?"


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return "?"


def machine(day):
    return "%s, %d processors, Linux %s, %s" % (
        processor(), os.cpu_count(), platform.release().split("-")[0], day)


def version(package):
    return package + " " + first_line("pkg-config", "--modversion", package)


def print_others():
    """Prints the versions of other libraries, and those that are missing."""
    names = [name for name, _ in baselines() + peers()]
    here = ["Python " + platform.python_version()]
    missing = []
    for package, row in (("libcurl", "libcurl multi"), ("libuv", "libuv"),
                         ("st", "State Threads")):
        if row in names:
            here.append(version(package))
        else:
            missing.append(package)
    if "asyncio uvloop" not in names:
        missing.append("uvloop for python3")
    print(", ".join(here))
    if missing:
        print("Skipped, because not installed: %s (see make doctor)."
              % ", ".join(missing))


def print_machine():
    print("%s, %d processors, %s %s\n%s, %s" % (
        processor(), os.cpu_count(), platform.system(), platform.release(),
        first_line(os.environ.get("CC") or "cc", "--version"),
        time.strftime("%Y-%m-%d %H:%M")))
    print_others()
    print("Load at the start: %.2f (should be near 0)." % os.getloadavg()[0])
    print("Medians (least...most) of n rounds; \"!\": misses the target.")


def print_requests(log):
    """(b) The cost of a request, as a multiple of the floor."""
    for case in CASES:
        if not fits(case["tasks"]):
            print("\n(b) %s: skipped" % case["name"])
            continue
        with Farm("--spread", str(case["spread"]), apart=APART) as farm:
            rows, stopped = measure_all(case, farm, log)
        print_table(case, rows, stopped)


PRINTERS = {"a": print_sweep, "b": print_requests, "c": print_switches,
            "d": print_parking, "e": print_selectors, "f": print_crawls,
            "g": print_instructions}


def main():
    global ROUNDS
    if not ROUNDS.isdigit() or int(ROUNDS) > 99:
        sys.exit("bench: ROUNDS is a number from 1 to 99, not " + ROUNDS)
    ROUNDS = int(ROUNDS)
    for table in TABLES:
        if table not in PRINTERS:
            sys.exit("bench: there is no table %s; TABLES are %s" % (
                table, " ".join(PRINTERS)))
    print_machine()
    raise_limits()
    with open(BUILD + "/bench.csv", "w", encoding="utf-8") as file:
        log = csv.writer(file)
        log.writerow(["case", "program", "round", "value", "bytes", "wall_s"])
        log.writerow(["machine", machine(time.strftime("%Y-%m-%d"))])
        for table in TABLES:
            PRINTERS[table](log)
    if NOISY:
        print("\nNoisy rows, with a run a quarter or more off the median: %d. "
              "Close other\nprograms, or compare the ratios, not the "
              "microseconds."
              % len(NOISY))
        for row in NOISY:
            print("  " + row)
    print("\nAll runs: %s/bench.csv. This took %.0f s." % (
        BUILD, time.monotonic() - START))


if __name__ == "__main__":
    main()
