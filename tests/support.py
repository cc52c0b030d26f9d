"""Shared by the black-box tests of the stages: the list of the stages, a farm
for each case, programs with a time limit, and the runner.

A case is a function with one argument. The decorator names its program; the
case becomes a test for each stage that is built:

    @animals
    def one_cow(t):
        'A cow says what cows say.'
        farm = t.farm("--delay", "10")
        run = t.animals(farm, "cow")
        t.same(run.lines, ['The cow says "Moo!".'])

t.animals() and t.crawl() check of every run, unless the case expects otherwise,
that the exit code is 0, that stderr is empty, and that the report is sound.
"""

import concurrent.futures
import difflib
import http.client
import json
import os
import re
import pprint
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

__unittest = True  # tracebacks end in the case, not here

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, os.environ.get("BUILD") or "build")
# Programs under sanitizers are some ten times slower, so margins are wider.
IS_SLOW = os.environ.get("SLOW", "") not in ("", "0") or "san" in BUILD
SLOW = 6 if IS_SLOW else 1
# Seconds; no child lives longer.
LIMIT = float(os.environ.get("LIMIT") or 20) * SLOW
# A time-out in a case where other fetches must not time out on a busy machine.
PATIENCE = float(os.environ.get("PATIENCE") or 3) * (2 if IS_SLOW else 1)
FARM = os.environ.get("FARM_PROGRAM") or os.path.join(BUILD, "farm")
# Most of the time is waiting, and the slower the programs the longer.
JOBS = int(os.environ.get("JOBS") or
           (7 if IS_SLOW else 5) * (os.cpu_count() or 1))

ENVIRONMENT = {
    # The exit code of a sanitizer's report must differ from 1, "some failed".
    "ASAN_OPTIONS": "exitcode=86:detect_leaks=1",
    "LSAN_OPTIONS": "exitcode=86",
    "TSAN_OPTIONS": "exitcode=86",
    "UBSAN_OPTIONS": "exitcode=86:print_stacktrace=1",
    **os.environ,
    "LC_ALL": "C",  # regerror() and strerror() speak English
}
for name in ("CLOCK", "FARM"):  # they mean something to the programs
    ENVIRONMENT.pop(name, None)

# A shell's background jobs and their children ignore Ctrl-C and Ctrl-\. A
# signal that has any handler here is not ignored in the children.
for number in (signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, lambda *_: None)

ANIMALS = [
    ("cow", "Moo!"), ("pig", "Oink!"), ("sheep", "Baaa!"),
    ("chicken", "Cluck!"), ("bird", "Tweet!"), ("duck", "Quack!"),
    ("dog", "Woof!"), ("cat", "Meow!"), ("frog", "Ribbit!"),
    ("horse", "Neigh!"), ("turkey", "Gobble-Gobble!"),
    ("rooster", "Cock-a-Doodle-Doo!"),
]
NAMES = [name for name, _ in ANIMALS]
SOUNDS = dict(ANIMALS)

TIMING = ("wall_s", "cpu_user_s", "cpu_sys_s", "max_in_flight", "peak_rss_kb",
          "threads", "voluntary_switches", "involuntary_switches",
          "connections")
ROW = ["url", "status", "next_url", "error", "tries", "size", "content_type",
       "encoding", "num_urls", "num_new_urls", "linked_from"]
# Each check of every run has a sentence of its own.
ERR = "What fails is reported on stderr, and nothing else is."
STARTING = ("files", "soft_files", "limit", "inherit",
            "stdout")  # arguments of Child()


def said(name):
    return 'The %s says "%s".' % (name, SOUNDS[name])


def row(name):
    """The JSON row of an animal that answered."""
    return {"name": name, "sound": SOUNDS[name], "status": 200, "error": None}


# --- Children ----------------------------------------------------------------

class Child:
    """A program in a session of its own, out of reach of our Ctrl-C. Its output
    goes to files, because a pipe that is not read would fill up."""

    living = set()
    none_more = False

    def __init__(self, folder, words, stdout=None, limit=LIMIT, files=None,
                 soft_files=None, redirect="", fds=(), leaves_threads=False,
                 inherit=""):
        if inherit:  # Python code that runs before the program
            words = [sys.executable, "-c",
                     "import os, resource, signal, sys\n"
                     "for s in signal.SIGPIPE, signal.SIGXFSZ:\n"
                     "    signal.signal(s, signal.SIG_DFL)\n%s\n"
                     "os.execv(sys.argv[1], sys.argv[1:])" % inherit, *words]
        if Child.none_more:
            raise KeyboardInterrupt
        if files is not None:  # hard limit of descriptors
            words = ["sh", "-c", 'ulimit -n %d; exec "$@"' % files, "sh",
                     *words]
        if soft_files is not None:  # soft limit, which can be raised
            words = ["sh", "-c", 'ulimit -S -n %d; exec "$@"' % soft_files,
                     "sh", *words]
        if redirect:  # such as "<&- >&-"
            words = ["sh", "-c", 'exec "$@" ' + redirect, "sh", *words]
        environment = dict(ENVIRONMENT)
        if leaves_threads:  # a second Ctrl-C joins no threads
            environment["TSAN_OPTIONS"] += ":report_thread_leaks=0"
        self.words = words
        self.out = tempfile.TemporaryFile(dir=folder)
        self.err = tempfile.TemporaryFile(dir=folder)
        self.start = time.monotonic()
        self.end = self.start + limit
        self.process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=stdout or self.out,
            stderr=self.err, env=environment, start_new_session=True,
            pass_fds=fds)
        Child.living.add(self)

    def interrupt(self):
        """Ctrl-C. Waits until the signal has been delivered: two that come too
        close are one. The kernel does not say when the handler has run, so this
        does pause."""
        assert self.process.poll() is None, "ended before Ctrl-C: %s" % self
        self.process.send_signal(signal.SIGINT)
        while self.has_pending(signal.SIGINT):
            assert time.monotonic() < self.end, "deaf: %s" % self
            time.sleep(0.005)
        time.sleep(0.1 * SLOW)

    def has_pending(self, number):
        """False also where the system does not report pending signals."""
        try:
            with open("/proc/%d/status" % self.process.pid) as file:
                masks = re.findall(r"^S[hi][dg]Pnd:\s*(\w+)$", file.read(), re.M)
        except OSError:
            return False
        return any(int(mask, 16) >> (number - 1) & 1 for mask in masks)

    def interrupt_and_end(self):
        """The second Ctrl-C."""
        assert self.process.poll() is None, "one Ctrl-C was enough: %s" % self
        self.process.send_signal(signal.SIGINT)

    def wait_for_line(self, text, file=None):
        """Waits for a line on stderr, or in `file`. The file offset is the
        child's, too, and must not move."""
        descriptor = (file or self.err).fileno()
        while text.encode() not in os.pread(descriptor, 1 << 20, 0):
            assert self.process.poll() is None, "ended: %s" % self
            assert time.monotonic() < self.end, "%s, in vain: %s" % (
                text, self)
            time.sleep(0.005)

    def stop(self):
        """Stops the program, and returns when it has stopped."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def cpu(self):
        """", 1.5 s of CPU", or "" if the system does not report it."""
        try:
            with open("/proc/%d/stat" % self.process.pid) as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            return ""
        return ", %.1f s of CPU" % (
            (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        Child.living.discard(self)

    def wait(self):
        """Returns the exit code."""
        try:
            code = self.process.wait(max(0, self.end - time.monotonic()))
        except subprocess.TimeoutExpired:
            cpu = self.cpu()
            self.kill()
            raise AssertionError("still running after %.0f s%s: %s\n%s"
                                 % (self.end - self.start, cpu, self,
                                    self.stderr())) from None
        finally:
            self.wall = time.monotonic() - self.start
        Child.living.discard(self)
        return code

    def read(self, file):
        file.seek(0)
        return file.read()

    def stdout(self):
        return self.read(self.out)

    def stderr(self):
        return self.read(self.err).decode(errors="backslashreplace")

    def __str__(self):
        return " ".join(map(str, self.words))


class Farm:
    """A farm for one case. It ends when we close our end of its pipe."""

    def __init__(self, folder, *options):
        out, said_end = os.pipe()
        lifeline, self.lifeline = os.pipe()
        words = [FARM, "--lifeline", str(lifeline),
                 *map(str, options)]
        self.child = Child(folder, words, stdout=said_end, limit=600,
                           fds=[lifeline])
        os.close(lifeline)
        os.close(said_end)
        with open(out) as file:
            self.url = file.readline().strip()
        assert self.url, "no farm: " + self.child.stderr()
        self.port = int(self.url.rpartition(":")[2])

    def __str__(self):
        return self.url

    @property
    def connections(self):
        return self.stats()["connections"]

    def get(self, path):
        client = http.client.HTTPConnection("127.0.0.1", self.port,
                                            timeout=LIMIT)
        try:
            client.request("GET", path)
            return client.getresponse().read()
        finally:
            client.close()

    def stats(self):
        return json.loads(self.get("/stats"))

    def wait_for(self, **wanted):
        """Waits until /stats has these values."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            stats = self.stats()
            if all(stats[key] == value for key, value in wanted.items()):
                return stats
            time.sleep(0.005)
        raise AssertionError("wanted %s, got %s" % (wanted, stats))

    def stop(self):
        os.close(self.lifeline)
        code = self.child.wait()
        assert (code, self.child.stderr()) == (0, ""), \
            "the farm ended with %d: %s" % (code, self.child.stderr())


class Run:
    """The results of a program. The JSON is in .data, its rows by name or by
    URL in .rows."""

    def __init__(self, child, json_path):
        self.code = child.wait()
        self.wall = child.wall
        self.out = child.stdout()
        self.lines = self.out.decode().splitlines()  # fails if not UTF-8
        self.err = child.stderr()
        self.data = None
        if json_path and os.path.exists(json_path):
            with open(json_path, encoding="utf-8") as file:
                try:
                    self.data = json.load(file)
                except ValueError:
                    pass  # an incomplete file, which a check will notice

    @property
    def rows(self):
        if "animals" in self.data:
            return self.data["animals"]
        return {row["url"]: row for row in self.data["urls"]}

    @property
    def timing(self):
        return self.data["timing"]

    @property
    def counters(self):
        return self.data["counters"]


# --- Cases -------------------------------------------------------------------

def in_lines(value):
    if isinstance(value, (str, bytes)) and len(value) < 200:
        return [repr(value)]
    if isinstance(value, str):
        return value.splitlines()
    return pprint.pformat(value, width=100, sort_dicts=False).splitlines()


def difference(found, expected, most=20):
    """The first few lines in which two values differ, so that one wrong row of
    a hundred is one line to read."""
    if (isinstance(found, list) and isinstance(expected, list)
            and len(found) == len(expected)):
        lines = ["%s %d: %.500r" % (sign, i, value)
                 for i, pair in enumerate(zip(expected, found))
                 if pair[0] != pair[1] for sign, value in zip("-+", pair)]
    else:
        lines = list(difflib.unified_diff(
            in_lines(expected), in_lines(found), lineterm="", n=0))[2:]
    if not lines:
        return "expected %.500r, found %.500r" % (expected, found)
    if len(lines) > most:
        lines[most:] = ["... and %d lines more" % (len(lines) - most)]
    return "\n".join(["- expected, + found", *lines])


class Case(unittest.TestCase):
    """One case at one stage; build_suite() makes a subclass for each."""

    maxDiff = None
    folder = number = selector = function = None

    def __init__(self):
        super().__init__("test")

    def __str__(self):
        where = self.folder + (" [%s]" % self.selector if self.selector
                               else "")
        return "%s %s: %s" % (where, self.program, self.function.__name__)

    id = __str__

    @property
    def stage(self):
        """The name of the stage in its JSON."""
        return self.folder

    def setUp(self):
        self.tmp = tempfile.mkdtemp(prefix="stages-")
        self.addCleanup(shutil.rmtree, self.tmp)

    def test(self):
        self.function()

    @property
    def concurrent(self):
        return self.number > 1

    def peak(self, n):
        """The most at a time where n are allowed."""
        return n if self.concurrent else 1

    def same_peak(self, found, n):
        self.same(found, self.peak(n),
                  "As many are in flight as may be, and no more.")

    def same(self, found, expected, *about):
        if found != expected:
            self.fail("\n".join([difference(found, expected),
                                 *map("{!s:.500}".format, about)]))

    def at_most(self, found, most, what, *about):
        """`what` is counted."""
        if found > most:
            self.same("%s %s" % (format(found, ","), what),
                      "at most %s %s" % (format(most, ","), what), *about)

    def farm(self, *options):
        farm = Farm(self.tmp, *options)
        self.addCleanup(farm.stop)
        return farm

    def nobody(self):
        """HOST:PORT where nobody listens, as long as the case takes: the port
        is bound, so that no other case gets it."""
        bound = socket.socket()
        self.addCleanup(bound.close)
        bound.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % bound.getsockname()[1]

    def addresses_of_localhost(self, port):
        """In order; skips the case if the name cannot be looked up."""
        try:
            found = socket.getaddrinfo("localhost", port,
                                       type=socket.SOCK_STREAM)
        except OSError as error:
            self.skipTest("localhost is not known here: %s" % error)
        return [address[4][0] for address in found]

    def file(self, name):
        return os.path.join(self.tmp, name)

    def words(self, program, *args):
        selector = ["--selector", self.selector] if self.selector else []
        return [os.path.join(BUILD, self.folder, program), *selector,
                *map(str, args)]

    def start(self, program, *args, **how):
        child = Child(self.tmp, self.words(program, *args), **how)
        self.addCleanup(child.kill)
        return child

    @property
    def program(self):
        return self.function.program

    def begin(self, farm, *args, **how):
        """Starts the program that the case is about, with something to do."""
        work = (["--server", farm] if self.program == "animals"
                else ["%s/site/animals/cow.html" % farm, "--max-pages", 12])
        return self.start(self.program, *work, *args, **how)

    def quick(self, farm, *args, **how):
        """A whole run of a case that must succeed."""
        if self.program == "animals":
            return self.animals(farm, *args, **how)
        return self.crawl(farm, "%s/site/animals/cow.html" % farm,
                          "--max-pages", 12, *args, **how)

    def finish(self, child, json_path=None, code=0, err=()):
        """Waits for the end. `err` are the lines on stderr, in any order; with
        None the caller looks at them."""
        run = Run(child, json_path)
        err = [err] if isinstance(err, str) else err
        if run.code < 0:
            said = [line for line in run.err.splitlines()
                    if line[:1].isalpha()]
            self.same(": ".join([signal.Signals(-run.code).name, *said[:1]]),
                      "an exit code", "It does not crash.", child)
        if err is not None:
            self.same(sorted(run.err.splitlines()), sorted(err), ERR, child)
        if run.code != code:
            self.same("code %d" % run.code, "code %d" % code,
                      "The exit code says how it went.", child)
        if json_path:
            self.same(run.data is None, False,
                      "The results are written as JSON.", child)
        return run

    # --- animals ---

    def start_animals(self, server, *args, **how):
        if server is not None:
            args = ("--server", server, *args)
        child = self.start("animals", "--json", self.file("animals.json"),
                           *args, **how)
        child.quiet = "-q" in args
        return child

    def finish_animals(self, child, server=None, **expected):
        run = self.finish(child, self.file("animals.json"), **expected)
        self.check_timing(run, server)
        timing = run.timing
        rows = run.data["animals"]
        self.same(len(timing["spans"]), len(rows))
        for row, span in zip(rows, timing["spans"]):
            self.same(list(row), ["name", "sound", "status", "error"])
            self.same(list(span), ["asked", "connected", "first_byte", "done",
                                   "screen_asked", "typing", "typed"])
            times = [time for time in span.values() if time > 0]
            self.same(times, sorted(times), "a span goes back in time")
            self.assertLessEqual(max(times, default=0), timing["wall_s"])
            if row["sound"] is not None:
                self.same(len(times), 4 if child.quiet else 7, span)
        if child.quiet:
            self.same(run.out, b"")
        return run

    def animals(self, server, *args, **expected):
        how = {key: expected.pop(key) for key in STARTING if key in expected}
        return self.finish_animals(self.start_animals(server, *args, **how),
                                   server, **expected)

    # --- crawl ---

    def start_crawl(self, *args, **how):
        child = self.start("crawl", "--json", self.file("crawl.json"), *args,
                           **how)
        child.quiet = "-q" in args
        return child

    def finish_crawl(self, child, server=None, **expected):
        run = self.finish(child, self.file("crawl.json"), **expected)
        self.check_timing(run, server)
        self.check_crawl(run, run.code == 130)
        if child.quiet:
            self.same(run.out, b"")
        else:
            self.check_report(run)
        return run

    def crawl(self, server, *args, **expected):
        how = {key: expected.pop(key) for key in STARTING if key in expected}
        return self.finish_crawl(self.start_crawl(*args, **how), server,
                                 **expected)

    # --- Checks of every run ---

    def check_timing(self, run, server):
        timing = run.timing
        self.same(run.data["stage"], self.stage)
        self.same(run.data["program"], self.program)
        for key in TIMING:
            self.assertGreaterEqual(timing[key], 0, key)
        self.assertLess(timing["wall_s"], run.wall)
        self.assertGreater(timing["wall_s"], 0)
        self.assertGreater(timing["peak_rss_kb"], 0)
        left = timing["facts"].get("descriptors_left", 0)
        if left:
            self.same("%d more" % left, "as many as at the beginning",
                      "No descriptor is left open at the end.")
        self.assertLessEqual(timing["max_in_flight"], timing["connections"])
        self.same(max(timing["in_flight"]["most"]), timing["max_in_flight"])
        if timing["connections"]:
            self.assertGreaterEqual(timing["max_in_flight"], 1)
        if not self.concurrent:
            self.assertLessEqual(timing["max_in_flight"], 1)
        if self.number in (1, 3, 4, 5):
            self.same(timing["threads"], 1, "There is one thread.")
        elif self.number == 2:
            self.assertGreaterEqual(timing["threads"],
                                    timing["max_in_flight"])
        self.assertGreaterEqual(timing["threads"], 1)
        if server is not None:
            # A fetch that is restarted by mistake still finds every page: only
            # the number of connections shows it.
            self.check_connections(server.connections, timing["connections"])
            if hasattr(server, "faults"):
                self.same(server.faults, [],
                          "The server finds no fault with the requests.")

    def check_connections(self, seen, counted):
        self.same(seen, counted, "The server sees the connections that the "
                  "program counts, and no other.")

    def check_crawl(self, run, interrupted):
        rows = run.data["urls"]
        counters = run.counters
        urls = [row["url"] for row in rows]
        self.same(urls, sorted(set(urls)), "sorted, and each once")
        self.same(list(counters), sorted(counters))
        expected = dict.fromkeys(
            ("urls", "errors", "redirects", "html", "other", "bytes"), 0)
        for row in rows:
            self.same(list(row), ROW)
            kind = ("errors" if row["error"] is not None else
                    "redirects" if row["next_url"] is not None else
                    "html" if row["num_urls"] is not None else "other")
            expected["urls"] += 1
            expected[kind] += 1
            if row["status"] is not None:  # even with an error
                status = "status_%d" % row["status"]
                expected[status] = expected.get(status, 0) + 1
            if row["error"] is None:
                self.assertIsNotNone(row["status"], row)
                expected["bytes"] += row["size"] or 0
                # A body is complete, unless it was not needed.
                if row["status"] == 200:
                    self.assertIsNotNone(row["size"], row)
            else:
                error = "error_" + re.sub("[^A-Za-z0-9]", "_", row["error"])
                expected[error] = expected.get(error, 0) + 1
                self.same([row["next_url"], row["size"], row["content_type"],
                           row["num_urls"]], [None] * 4)
            if row["num_urls"] is not None:
                self.assertLessEqual(row["num_new_urls"], row["num_urls"])
        tries = sum(row["tries"] for row in rows)
        if not interrupted:
            expected["retries"] = tries - len(rows)
        for key, value in expected.items():
            self.same(counters[key], value, key)
        for kind in "status_", "error_":
            self.same({key for key in counters if key.startswith(kind)},
                      {key for key in expected if key.startswith(kind)})
        if not any("look-up" in (row["error"] or "")
                   or "no such host" in (row["error"] or "") for row in rows):
            self.same(run.timing["connections"], tries)

    def check_report(self, run):
        """The printed report agrees with the JSON."""
        lines = list(run.lines)
        if run.code == 130:
            self.same(lines.pop(0), "Interrupted")
        for row in run.data["urls"]:
            line = lines.pop(0)
            if row["error"] is not None:
                text = "%s %serror %s (%d %s)" % (
                    row["url"],
                    "" if row["status"] is None else "%d " % row["status"],
                    row["error"], row["tries"],
                    "try" if row["tries"] == 1 else "tries")
            elif row["next_url"] is not None:
                text = "%(url)s %(status)d redirect %(next_url)s" % row
                line = line.replace(" (not followed: --max-redirect)", "")
            else:
                text = "%s %d %s" % (row["url"], row["status"],
                                     row["content_type"] or "-")
                if row["num_urls"] is not None:
                    text += " " + row["encoding"]
                if row["size"] is not None:
                    text += " %d bytes" % row["size"]
                if row["num_urls"] is not None:
                    text += " %d links" % row["num_urls"]
            if row["error"] is not None or row["status"] >= 400:
                if row["linked_from"] is not None:
                    text += " linked from " + row["linked_from"]
            # Text from a server is printed without control characters.
            if text.isascii() and text.isprintable():
                self.same(line, text)
        self.assertRegex(lines.pop(0), r"^Finished %d urls in \d+\.\d{3} secs "
                         r"\(max_tasks=\d+, max_in_flight=%d\)$"
                         % (len(run.data["urls"]),
                            run.timing["max_in_flight"]))
        if run.counters["left"]:
            self.same(lines.pop(0), "Not fetched: %d urls that were found"
                      % run.counters["left"])
        self.same(lines, ["%10d %s" % (value, key)
                          for key, value in run.counters.items()])


cases = []


def _case(program, main):
    def register(function):
        function.program = program
        function.main = main
        assert (function.__doc__ or "").rstrip().endswith((".", ".)")), \
            function.__name__ + " has no sentence that says what it checks"
        assert function.__name__ not in [
            case.__name__ for case in cases if case.program == program], \
            "two cases have the name " + function.__name__
        cases.append(function)
        return function
    return register


# The main cases are those about waiting: from stage 4 on they run under each
# selector as well.
animals = _case("animals", main=False)
main_animals = _case("animals", main=True)
crawl = _case("crawl", main=False)
main_crawl = _case("crawl", main=True)


def _copy(function, name, *args):
    def copy(t):
        function(t, *args)
    copy.__name__ = name
    copy.__doc__ = function.__doc__
    return copy


def each(table, register):
    """Makes a case of each row. The first value of a row is the name; the
    function gets all values."""
    def fill(function):
        for name, *rest in table:
            register(_copy(function, "%s %s" % (function.__name__, name), name,
                           *rest))
        return function
    return fill


def both(function):
    """A case for both programs; t.begin() starts the program."""
    for register in (animals, crawl):
        register(_copy(function, function.__name__))
    return function


# --- The runner --------------------------------------------------------------

def stages():
    """The folders of the stages that are built and, if set, in $STAGES."""
    wanted = os.environ.get("STAGES", "").split()
    for number in range(1, 10):
        if wanted and str(number) not in wanted:
            continue
        for name in sorted(os.listdir(BUILD) if os.path.isdir(BUILD) else []):
            if name.startswith("%02d-" % number) and all(
                    os.access(os.path.join(BUILD, name, program), os.X_OK)
                    for program in ("animals", "crawl")):
                yield number, name


def build_suite():
    tests = []
    for number, folder in stages():
        selectors = [None]
        if number >= 4:
            selectors += ["poll"]
            selectors += ["epoll"] if sys.platform == "linux" else []
        for selector in selectors:
            tests += [
                type("Case", (Case,), {
                    "folder": folder, "number": number, "selector": selector,
                    "function": function,
                })() for function in cases if selector is None or function.main
            ]
    return tests


def run_one(test):
    result = unittest.TestResult()
    start = time.monotonic()
    test.run(result)
    return result, time.monotonic() - start


def end_all(pool):
    """Ends all running tests and all programs that the tests have started."""
    Child.none_more = True
    pool.shutdown(wait=False, cancel_futures=True)
    while Child.living:
        for child in list(Child.living):
            child.kill()
    pool.shutdown()


def main(argv):
    """[-v] [WORD...]: the tests whose names contain all the words."""
    verbose = "-v" in argv
    words = [word for word in argv if word != "-v"]
    tests = [test for test in build_suite()
             if all(word in str(test) for word in words)]
    failed = skipped = 0
    seconds = {}
    start = time.monotonic()
    pool = concurrent.futures.ThreadPoolExecutor(JOBS)
    try:
        for test, (result, took) in zip(tests, pool.map(run_one, tests)):
            bad = result.errors + result.failures
            failed += bool(bad)
            skipped += bool(result.skipped and not bad)
            seconds[test.folder] = seconds.get(test.folder, 0) + took
            if verbose or bad:
                print("%s: %s (%.2f s)" % (
                    "FAILED" if bad else "skipped" if result.skipped
                    else "ok", test, took), flush=True)
            for _, text in bad:
                print(text, flush=True)
            if verbose and result.skipped:
                print("    " + result.skipped[0][1])
    except KeyboardInterrupt:
        end_all(pool)
        raise
    for folder, took in seconds.items():
        print("%-22s %5.1f s of tests" % (folder, took))
    if not tests:
        print("No test: is a stage built in %s?" % BUILD)
    print("In %.1f s, %d at a time" % (time.monotonic() - start, JOBS))
    print("%d passed, %d failed, %d skipped"
          % (len(tests) - failed - skipped, failed, skipped))
    return 0 if tests and failed == 0 else 1
