"""The cases of both programs: options, files, limits."""

import collections
import fcntl
import json
import os
import re
import resource
import select
import signal
import socket
import time

from canned import Canned, answer, links
from support import (
    BUILD, LIMIT, NAMES, Run, SLOW, SOUNDS, animals, both, crawl, each)

# --- Command lines -----------------------------------------------------------

IS_TSAN = "tsan" in BUILD

OPTIONS = {
    "animals": ["--server URL", "--count N", "--delay MS", "--max-tasks N",
                "--timeout SECONDS", "--typing MS"],
    "crawl": ["--max-tasks N", "--max-redirect N", "--max-tries N",
              "--timeout S", "--max-pages N", "--max-body BYTES", "--broken",
              "--exclude REGEX", "--strict", "--lenient",
              "--resolve HOST:PORT:ADDR", "-v"],
}


@both
def help(t):
    """--help lists every option."""
    for option in "--help", "-h":
        run = t.finish(t.start(t.program, option))
        t.assertTrue(run.lines[0].startswith("usage: " + t.program))
        for text in OPTIONS[t.program] + ["--selector epoll|poll", "-q",
                                          "--json FILE", "--trace FILE"]:
            t.assertRegex(run.out.decode(), r"(?m)^  .*%s" % re.escape(text))


USAGE = [  # a name, what the line on stderr must name, the words
    ("unknown option", "--colour", "--colour"),
    ("unknown letter", "-x", "-qx"),
    ("missing value", "--timeout", "--timeout"),
    ("value for a flag", "--quiet", "--quiet=yes"),
    ("json on stdout without -q", "--json", "--json", "-"),
    ("selector", "--selector", "--selector", "kqueue"),
    ("timeout of 0", "--timeout", "--timeout", "0"),
    ("timeout below 0", "--timeout", "--timeout=-1"),
    ("timeout nan", "--timeout", "--timeout", "nan"),
    ("timeout in words", "--timeout", "--timeout", "5s"),
    ("timeout 1e3", "--timeout", "--timeout", "1e3"),
    ("max-tasks of 0", "--max-tasks", "--max-tasks", "0"),
    ("max-tasks of 2.5", "--max-tasks", "--max-tasks", "2.5"),
    ("max-tasks hexadecimal", "--max-tasks", "--max-tasks", "0x10"),
    ("max-tasks empty", "--max-tasks", "--max-tasks", ""),
    ("max-tasks with a blank", "--max-tasks", "--max-tasks", " 3"),
    ("max-tasks too large", "--max-tasks", "--max-tasks", "9" * 30),
]
ANIMALS_USAGE = [
    ("count of 0", "--count", "--count", "0"),
    ("delay below 0", "--delay", "--delay=-5"),
    ("typing in words", "--typing", "--typing", "slow"),
    ("an option of crawl", "--max-tries", "--max-tries", "3"),
]
CRAWL_USAGE = [
    ("max-tries of 0", "--max-tries", "--max-tries", "0"),
    ("max-pages of 0", "--max-pages", "--max-pages", "0"),
    ("max-body below 0", "--max-body", "--max-body=-1"),
    ("max-redirect in words", "--max-redirect", "--max-redirect", "few"),
    ("an option of animals", "--count", "--count", "3"),
]


@each(USAGE + ANIMALS_USAGE, animals)
@each(USAGE + CRAWL_USAGE, crawl)
def usage(t, about, named, *args):
    """A command line that makes no sense ends with code 2 and one line with
    the reason; nothing is fetched."""
    argument = [] if t.program == "animals" else ["127.0.0.1:1"]
    child = t.start(t.program, *argument, *args)
    t.same(child.wait(), 2)
    t.same(child.stdout(), b"")
    t.assertRegex(child.stderr(), r"\A%s: [^\n]*%s[^\n]*; see %s --help\n\Z"
                  % (t.program, re.escape(named), t.program))


@both
def localhost(t):
    """A name with two addresses is reached at the one that answers."""
    farm = t.farm("--pace", "0.01")
    t.addresses_of_localhost(farm.port)
    url = "http://localhost:%d" % farm.port
    if t.program == "animals":
        run = t.animals(None, "--server", url, "-q")
    else:
        run = t.crawl(None, "%s/site/animals/cow.html" % url, "--max-pages",
                      12, "-q")
    t.same(run.timing["connections"], 12)


@both
def selector_is_accepted(t):
    """--selector takes epoll and poll."""
    farm = t.farm("--pace", "0.01")
    for selector in ("poll", "epoll"):
        if selector == "poll" or os.path.exists("/proc/self/status"):
            t.finish(t.begin(farm, "-q", "--selector", selector))


@both
def selector_is_chosen(t):
    """--selector selects the system call that waits, by default epoll; stages
    without a loop have no selector."""
    if not os.path.exists("/proc/self/fd"):
        t.skipTest("nowhere to see what a program has open")
    pages = {"/animals/%s" % name: answer(SOUNDS[name]) for name in NAMES}
    pages["/site/animals/cow.html"] = links()
    for args in ("--selector", "poll"), ("--selector", "epoll"), ():
        with Canned(pages) as server:
            server.hold()
            child = t.begin(server, "-q", *args)
            server.wait_for(lambda server: server.connections > 0)
            opened = "/proc/%d/fd" % child.process.pid
            found = [fd for fd in os.listdir(opened) if "eventpoll"
                     in os.readlink("%s/%s" % (opened, fd))]
            t.same("epoll" if found else "no epoll",
                   "epoll" if t.number >= 4 and "poll" not in args
                   else "no epoll")
            server.release()
            t.finish(child)


@both
def options_behind_arguments(t):
    """An option counts behind the arguments, too."""
    n = t.peak(2)
    if t.program == "animals":
        farm = t.farm("--pace", "0.05", "--gate", n)
        run = t.animals(farm, "cow", "pig", "cow", "--max-tasks=2", "-q")
    else:
        farm = t.farm("--pace", "0.05")
        run = t.crawl(farm, "%s/site/n12,k11,g%d/" % (farm, n),
                      "--max-tasks=2", "-q")
    t.same(run.timing["max_in_flight"], n,
           "As many are in flight as may be, and no more.")


@both
def memory_is_its_own(t):
    """The memory that is reported is the program's own, not that of its
    parent."""
    if not os.path.exists("/proc/self/status"):
        t.skipTest("getrusage() is all there is")
    ballast = b"x" * (100 << 20)
    run = t.quick(t.farm("--pace", "0.01"), "-q")
    t.assertLess(run.timing["peak_rss_kb"], len(ballast) >> 10)


@both
def it_waits(t):
    """A program that waits does not ask again and again. (It would find the
    same results.)"""
    facts = t.quick(t.farm("--pace", 0.3 * SLOW), "-q").timing["facts"]
    t.assertTrue(facts)
    for name, what in (("in_vain", "questions in vain"),
                       ("turns", "turns of the loop"),
                       ("resumes", "resumes"), ("awaits", "awaits")):
        t.at_most(facts.get(name, 0), 1000, what)


# --- Files -------------------------------------------------------------------


WRONG = [
    ("options", ["--json"], ["--json"]),
    ("a selector", ["--selector", "x"], ["--selector", "x"]),
    ("a server", ["--server", "http://h:x"], ["https://h/"]),
    ("a name", ["x" * 9000], ["http://h:x/"]),
    ("nothing to do", ["--server", "ftp://h/"], []),
    ("an expression", ["--server", ""], ["--exclude", "(", "h"]),
    ("a rule", ["--server", "http:///"], ["--resolve", "h", "h"]),
]


@each(WRONG, both)
def files_survive_wrong(t, about, animals, crawl):
    """A slip on the command line does not empty the files of the last run."""
    for name in "json", "trace":
        with open(t.file(name), "w") as file:
            file.write("yesterday's")
    child = t.start(t.program, "--json", t.file("json"), "--trace",
                    t.file("trace"), *(animals if t.program == "animals"
                                       else crawl))
    t.same(child.wait(), 2, child.stderr())
    for name in "json", "trace":
        with open(t.file(name)) as file:
            t.same(file.read(), "yesterday's")


@both
def json_cannot_be_written(t):
    """A --json file that cannot be opened is an error before anything is
    fetched."""
    path = t.file("no/such/folder")
    t.finish(t.begin("127.0.0.1:1", "--json", path), code=2,
             err="%s: cannot write %s: No such file or directory"
             % (t.program, path))


@both
def trace_cannot_be_written(t):
    """A --trace file that cannot be opened is an error before anything is
    fetched."""
    path = t.file("no/such/folder")
    t.finish(t.begin("127.0.0.1:1", "--trace", path), code=2,
             err="%s: cannot write the trace to %s: No such file or directory"
             % (t.program, path))


def full(t):
    if not os.path.exists("/dev/full"):
        t.skipTest("no /dev/full here")
    return open("/dev/full", "wb")


@both
def json_on_a_full_disk(t):
    """A disk that is full when the JSON is written is an error."""
    full(t).close()
    farm = t.farm("--pace", "0.01")
    t.finish(t.begin(farm, "-q", "--json", "/dev/full"), code=1,
             err="%s: cannot write all of /dev/full" % t.program)


@both
def trace_on_a_full_disk(t):
    """A disk that is full when the trace is written is an error."""
    full(t).close()
    farm = t.farm("--pace", "0.01")
    t.finish(t.begin(farm, "-q", "--trace", "/dev/full"), code=1,
             err="%s: the trace in /dev/full is not complete" % t.program)


@both
def stdout_on_a_full_disk(t):
    """A disk that is full when the output is written is an error."""
    farm = t.farm("--pace", "0.01")
    with full(t) as stdout:
        t.finish(t.begin(farm, stdout=stdout), code=1,
                 err="%s: cannot write all of the output" % t.program)


@both
def json_on_a_full_stdout(t):
    """JSON for stdout that cannot be written is an error."""
    farm = t.farm("--pace", "0.01")
    with full(t) as stdout:
        t.finish(t.begin(farm, "-q", "--json", "-", stdout=stdout), code=1,
                 err="%s: cannot write all of the output" % t.program)


@both
def help_on_a_full_disk(t):
    """A help text that cannot be written is an error."""
    for option in "--help", "-h":
        with full(t) as stdout:
            t.finish(t.start(t.program, option, stdout=stdout), code=1,
                     err="%s: cannot write all of the output" % t.program)


@both
def stdout_closed_early(t):
    """A reader of the output that goes away is an error, not the end of the
    program."""
    farm = t.farm("--pace", "0.01")
    out, stdout = os.pipe()
    os.close(out)
    with open(stdout, "wb") as stdout:
        t.finish(t.begin(farm, stdout=stdout), code=1,
                 err="%s: cannot write all of the output" % t.program)


@both
def json_is_written_though_stdout_is_closed(t):
    """The JSON is written although stdout is closed."""
    farm = t.farm("--pace", "0.01")
    out, stdout = os.pipe()
    os.close(out)
    path = t.file("x.json")
    with open(stdout, "wb") as stdout:
        t.finish(t.begin(farm, "--json", path, stdout=stdout), code=1,
                 err="%s: cannot write all of the output" % t.program)
    with open(path, encoding="utf-8") as file:
        t.same(len(json.load(file)[
            "animals" if t.program == "animals" else "urls"]), 12)


CLOSED = [  # is the output lost?
    ("stdin", "<&-", False),
    ("stdout", ">&-", True),
    ("stdin and stdout", "<&- >&-", True),
    ("stdin and stderr", "<&- 2>&-", False),
    ("all", "<&- >&- 2>&-", True),
]


@each(CLOSED, both)
def at_the_start_is_closed(t, about, closed, lost):
    """A standard stream that is closed at the start stays unused: no socket
    gets its number."""
    farm = t.farm("--pace", "0.01")
    told = lost and "2>" not in closed
    for quiet in ([], ["-q"]):
        files = [t.file("x.json"), t.file("x.trace")]
        child = t.begin(farm, "--json", files[0], "--trace", files[1], *quiet,
                        redirect=closed)
        t.finish(child, code=1 if lost and not quiet else 0,
                 err=["%s: cannot write all of the output" % t.program]
                 if told and not quiet else [])
        for file in files:
            with open(file, encoding="utf-8") as file:
                json.load(file)


# --- Descriptors -------------------------------------------------------------


def by_name(farm):
    """The farm's address with a name to look up, if there is such a name."""
    try:
        socket.create_connection(("localhost", farm.port)).close()
        farm.wait_for(connections=1, open=0)
        farm.get("/stats?reset")
    except OSError:
        return farm.url
    return farm.url.replace("127.0.0.1", "localhost")


@both
def each_number_of_descriptors(t):
    """--max-tasks is clamped to the limit on open files, for every limit."""
    farm = t.farm("--delay", "5")
    server = by_name(farm)
    work = (["--server", server, "--count", 60] if t.program == "animals"
            else [server + "/site/n60,k59,d2/"])
    path = t.file("x.json")
    for files in [*range(10, 21), 24, 32, 48, 63, 64]:
        most = max(1, files - 16)
        child = t.start(t.program, *work, "-q", "--max-tasks", 100, "--json",
                        path, "--trace", t.file("x.trace"), files=files)
        run = Run(child, path)
        lines = run.err.splitlines()
        t.same(lines.pop(0), "%s: --max-tasks 100 clamped to %d: the system "
               "allows %d open files (see ulimit -n)"
               % (t.program, most, files))
        errors = {row["error"] for row in
                  run.data["animals" if t.program == "animals" else "urls"]}
        if files > 16 or run.code == 0:
            t.same((run.code, lines, errors), (0, [], {None}), files)
            t.assertLessEqual(run.timing["max_in_flight"], t.peak(most), files)
        else:
            t.same(run.code, 1, files)
            t.assertLessEqual(errors, {None, "too many open files"}, files)
            for line in lines:
                t.assertRegex(line, "too many open files$")
            t.assertTrue(lines or errors - {None}, files)


@both
def few_descriptors(t):
    """--max-tasks is clamped to the limit on open files, with a line on
    stderr."""
    farm = t.farm("--pace", "0.05")
    run = t.quick(farm, "--max-tasks", 1000, files=64, err=[
        "%s: --max-tasks 1000 clamped to 48: the system allows 64 open files "
        "(see ulimit -n)" % t.program])
    t.assertLessEqual(run.timing["max_in_flight"], 48)


@animals
def few_descriptors_many_animals(t):
    """With 64 open files, 48 animals are asked at a time and all of them
    answer."""
    farm = t.farm("--delay", 1, "--gate", t.peak(48))
    run = t.animals(farm, "--count", 100, "-q", files=64, err=[
        "animals: --max-tasks 100 clamped to 48: the system allows 64 open "
        "files (see ulimit -n)"])
    t.same([row["status"] for row in run.rows], [200] * 100)
    t.same_peak(farm.stats()["peak_concurrency"], 48)


@animals
def few_descriptors_many_names(t):
    """With 64 open files, many names are asked in turns."""
    farm = t.farm("--delay", "1")
    t.animals(farm, "-q", *["cow"] * 60, files=64, err=[
        "animals: --max-tasks 60 clamped to 48: the system allows 64 open "
        "files (see ulimit -n)"])


@crawl
def few_descriptors_many_pages(t):
    """With 64 open files, 48 pages are fetched at a time and all of them
    come."""
    n = t.peak(48)
    farm = t.farm()
    t.crawl(farm, "%s/site/n200,k100,d1,g%d/" % (farm, n), "-q", "--max-tasks",
            1000, files=64, err=[
        "crawl: --max-tasks 1000 clamped to 48: the system allows 64 open "
        "files (see ulimit -n)"])
    t.same(farm.stats()["peak_concurrency"], n,
           "As many are in flight as may be, and no more.")


@both
def descriptors_that_suffice(t):
    """Nothing is clamped where the limit suffices."""
    farm = t.farm("--pace", "0.01")
    t.quick(farm, "--max-tasks", 12, "-q", files=64)


def a_farm():
    """A farm whose answers are held until the test releases them."""
    return Canned({"/animals/" + name: answer(SOUNDS[name])
                   for name in NAMES})


@both
def the_soft_limit_is_raised(t):
    """The soft limit on open files is raised up to the hard limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1000:
        t.skipTest("no more descriptors than %d" % hard)
    if t.program == "crawl":  # no line about a clamp
        t.quick(t.farm("--pace", "0.01"), "--max-tasks", 100, soft_files=64)
        return
    with a_farm() as server:
        server.hold()
        child = t.start_animals(server, "--count", 100, "--timeout", 60, "-q",
                                soft_files=64)
        server.wait_for(lambda server: server.in_flight == t.peak(100), LIMIT)
        server.release()
        run = t.finish_animals(child, server)
    t.same([row["status"] for row in run.rows], [200] * 100)


@both
def sockets_that_were_refused_are_closed(t):
    """A socket whose connect was refused is closed."""
    url = t.nobody()
    if t.program == "animals":
        run = t.animals(None, "--server", url, "--count", 200, "--max-tasks",
                        5, "-q", files=64, code=1, err=None)
        rows = run.rows
    else:
        run = t.crawl(None, *["%s/%d" % (url, i) for i in range(200)],
                      "--max-tries", 1, "-q", files=64, code=1)
        rows = run.data["urls"]
    t.same(collections.Counter(row["error"] for row in rows),
           {"connection refused": 200})


@crawl
def sockets_that_were_closed_early_are_closed(t):
    """A socket whose server closed early is closed."""
    farm = t.farm()
    run = t.crawl(farm, *["%s/chaos/first/1/%d" % (farm, i)
                          for i in range(200)], "--max-tries", 1, "-q",
                  files=64, code=1)
    t.same(collections.Counter(row["error"] for row in run.data["urls"]),
           {"connection closed before the response was complete": 200})


# --- What is inherited -------------------------------------------------------


def held(t):
    """A server that holds its answers, and the arguments to ask for them."""
    if t.program == "animals":
        return a_farm(), lambda server: ["--server", server]
    site = {"/%d" % i: links("/") for i in range(11)}
    site["/"] = links(*site)
    return Canned(site), lambda server: ["%s/" % server]


@each([("SIGINT",), ("SIGTERM",)], both)
def ignored(t, name):
    """A Ctrl-C that is ignored from the start stays ignored: a shell starts
    background programs like this."""
    server, work = held(t)
    with server:
        server.hold()
        child = t.start(t.program, *work(server), "-q", inherit=
                        "signal.signal(signal.%s, signal.SIG_IGN)" % name)
        server.wait_for(lambda server: server.in_flight > 0)
        for _ in range(2):
            child.process.send_signal(getattr(signal, name))
        time.sleep(0.05 * SLOW)
        server.release()
        t.finish(child)


INHERITED = [  # and survived
    ("all signals blocked", "signal.pthread_sigmask(signal.SIG_SETMASK, "
     "set(signal.Signals))"),
    ("all signals ignored", "for s in signal.valid_signals() - {signal.SIGKILL"
     ", signal.SIGSTOP, 32, 33}:\n signal.signal(s, signal.SIG_IGN)"),
    ("an empty environment", "os.environ.clear()"),
    ("empty variables", "os.environ.update(FARM='', CLOCK='', LC_ALL='', "
     "TERM='', COLUMNS='')"),
    ("a locale", "os.environ.update(LC_ALL='tr_TR.UTF-8', LANG='de_DE')"),
    ("a proxy", "os.environ.update(http_proxy='http://127.0.0.1:1/', "
     "ALL_PROXY='http://127.0.0.1:1/')"),
    ("a small stack", "resource.setrlimit(resource.RLIMIT_STACK, "
     "(256 << 10, 256 << 10))"),
    ("a stack without a limit", "resource.setrlimit(resource.RLIMIT_STACK, "
     "(resource.RLIM_INFINITY,) * 2)"),
    ("no core dumps", "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))"),
    ("a folder that is gone", "d = '/tmp/gone-%d' % os.getpid(); os.mkdir(d); "
     "os.chdir(d); os.rmdir(d)"),
    ("no right to anything", "os.umask(0o777)"),
]


@each(INHERITED, both)
def survives(t, about, inherit):
    """Nothing that is inherited from the parent does harm."""
    if "stack" in about and IS_TSAN:
        t.skipTest("ThreadSanitizer needs a large stack of its own")
    try:
        farm = t.farm("--pace", "0.01")
        child = t.begin(farm, inherit=inherit)
        run = t.finish(child)
    except ValueError as error:  # no more than the hard limit allows
        t.skipTest(str(error))
    t.assertGreaterEqual(len(run.lines), 12)


@animals
def no_farm_in_the_environment(t):
    """An empty $FARM is as good as none."""
    child = t.start("animals", "cow", "--timeout", 1, "-q", inherit=
                    "os.environ.update(FARM='')")
    child.wait()
    t.assertNotIn("--server", child.stderr())


@each([("json", ["--json"], "cannot write all of %s"),
       ("trace", ["--trace"], "the trace in %s is not complete")], both)
def a_limit_of_file_sizes(t, about, option, told):
    """A limit on file sizes is an error of the write, not the end of the
    program."""
    if IS_TSAN:
        t.skipTest("ThreadSanitizer writes a file of its own")
    farm = t.farm("--pace", "0.01")
    path = t.file("x." + about)
    child = t.begin(farm, "-q", *option, path, inherit=
                    "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))")
    t.finish(child, code=1, err=None)


@both
def stdout_that_does_not_block(t):
    """Nothing is lost when stdout does not block and its reader is slow."""
    if not os.path.exists("/proc/self/fd"):
        t.skipTest("a descriptor cannot be opened again here")
    out, stdout = os.pipe()
    os.set_blocking(stdout, False)
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(stdout, fcntl.F_SETPIPE_SZ, 4096)
    farm = t.farm("--delay", "0", "--pace", "0.01")
    work = (["--server", farm, "--count", 4000] if t.program == "animals"
            else ["%s/site/n1500,k60,d0/" % farm])
    try:
        child = t.start(t.program, *work, "--max-tasks", 10, stdout=stdout)
        # The program has begun to write and cannot go on.
        end = time.monotonic() + LIMIT
        while (not select.select([out], [], [], 0)[0]
               and time.monotonic() < end):
            time.sleep(0.01)
        time.sleep(0.2 * SLOW)
        t.same(os.get_blocking(stdout), False)
        os.close(stdout)
        stdout = None
        with open(out, "rb") as file:
            lines = file.read().splitlines()
        out = None
    finally:
        for fd in out, stdout:
            if fd is not None:
                os.close(fd)
    t.finish(child)
    t.assertGreaterEqual(len(lines), 4000 if t.program == "animals" else 1500)


@both
def a_file_that_does_not_block(t):
    """Output to a non-blocking file is complete, and starts at its offset."""
    path = t.file("out")
    farm = t.farm("--pace", "0.01")
    with open(path, "w+b", buffering=0) as stdout:
        stdout.write(b"before\n")
        os.set_blocking(stdout.fileno(), False)
        t.finish(t.begin(farm, stdout=stdout))
        stdout.write(b"behind\n")
        stdout.seek(0)
        lines = stdout.read().splitlines()
    t.same((lines[0], lines[-1]), (b"before", b"behind"))
    t.assertGreaterEqual(len(lines), 14)


@both
def descriptors_that_are_open(t):
    """Descriptors that are open already count towards the limit."""
    server = t.farm("--delay", "5")
    work = (["--server", server, "--count", 60] if t.program == "animals"
            else ["%s/site/n60,k59,d2/" % server])
    child = t.start(t.program, *work, "-q", "--max-tasks", 100, files=64,
                    inherit="for i in range(20):\n"
                    " os.set_inheritable(os.open('/dev/null', 0), True)")
    t.finish(child, err=["%s: --max-tasks 100 clamped to 28: the system "
                         "allows 64 open files (see ulimit -n)" % t.program])


# --- Signals that mean nothing -----------------------------------------------


@both
def stopped_and_resized(t):
    """A program that was stopped goes on where it was."""
    site = {"/%d" % i: links("/") for i in range(11)}
    site["/"] = links(*site)
    with a_farm() if t.program == "animals" else Canned(site) as server:
        server.hold()
        if t.program == "animals":
            child = t.start_animals(server, "--max-tasks", 4)
        else:
            child = t.start_crawl("%s/" % server, *[
                "%s/%d" % (server, i) for i in range(3)], "--max-tasks", 4)
        n = t.peak(4)
        server.wait_for(lambda server: server.in_flight == n)
        for number in (signal.SIGWINCH, signal.SIGCHLD, signal.SIGURG):
            child.process.send_signal(number)
        child.stop()
        child.go_on()
        child.stop()  # in the meantime, answers come
        server.release()
        server.wait_for(lambda server: server.in_flight == 0)
        child.go_on()
        if t.program == "animals":
            run = t.finish_animals(child, server)
            t.same([row["sound"] for row in run.rows],
                   [SOUNDS[name] for name in NAMES])
        else:
            run = t.finish_crawl(child, server)
            t.same({row["status"] for row in run.data["urls"]}, {200})
            t.same([row["tries"] for row in run.data["urls"]], [1] * 12)
        t.same(len(server.requests), 12)
