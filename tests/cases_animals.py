"""The cases of animals, for every stage."""

import json
import pty
import re
import threading
import time

from canned import Canned, answer
from support import (
    LIMIT, NAMES, PATIENCE, SLOW, SOUNDS, animals, each, main_animals, row,
    said)

# --- Fetching ----------------------------------------------------------------


@main_animals
def the_twelve(t):
    """All twelve animals are asked, at once where the stage can, and each line
    is typed once."""
    farm = t.farm("--pace", 0.1, "--gate", t.peak(12))
    run = t.animals(farm)
    t.same(sorted(run.lines), sorted(map(said, NAMES)))
    t.same(run.rows, [row(name) for name in NAMES])
    t.same(run.timing["connections"], 12)
    t.same_peak(run.timing["max_in_flight"], 12)
    t.same_peak(farm.stats()["peak_concurrency"], 12)
    if not t.concurrent:  # 0.88 s, one after the other
        t.same(run.lines, list(map(said, NAMES)))
        t.assertGreater(run.timing["wall_s"], 0.88)


@main_animals
def in_order_of_completion(t):
    """The animal that answers first is typed first."""
    typed = threading.Event()

    def late(request):
        typed.wait(LIMIT if t.concurrent else 0)
        return answer("Moo!")

    pages = {"/animals/%s" % name: answer(SOUNDS[name]) for name in NAMES}
    with Canned({**pages, "/animals/cow": late}) as server:
        child = t.start_animals(server, "--timeout", 2 * LIMIT)
        if t.concurrent:
            for name in NAMES[1:]:
                child.wait_for_line(said(name), child.out)
            typed.set()
        run = t.finish_animals(child, server)
    t.same(run.lines.index(said("cow")), 11 if t.concurrent else 0)


@main_animals
def together_is_faster(t):
    """Waits overlap: together they take less time than one after the other."""
    farm = t.farm("--delay", 500 * SLOW, "--gate", t.peak(6))
    wall = t.animals(farm, *NAMES[:6], "-q").timing["wall_s"] / SLOW
    if t.concurrent:
        t.assertLess(wall, 3)
    t.assertGreater(wall, 0.5 if t.concurrent else 3)


@animals
def names_given_one_twice(t):
    """Names on the command line are asked in their order, a name that is given
    twice is asked twice."""
    farm = t.farm("--pace", "0.05")
    run = t.animals(farm, "pig", "cow", "pig")
    t.same(run.rows, [row("pig"), row("cow"), row("pig")])
    t.same(sorted(run.lines), sorted(map(said, ["pig", "cow", "pig"])))


@main_animals
def count_goes_round(t):
    """--count goes round the names."""
    farm = t.farm("--delay", "5")
    run = t.animals(farm, "--count", "30")
    t.same(run.rows, [row(name) for name in (NAMES * 3)[:30]])
    t.same(sorted(run.lines), sorted(map(said, (NAMES * 3)[:30])))


@animals
def count_below_the_names(t):
    """--count may be less than there are names."""
    farm = t.farm("--delay", "5")
    run = t.animals(farm, "--count=2", "cow", "pig", "dog")
    t.same(run.rows, [row("cow"), row("pig")])


@main_animals
def max_tasks(t):
    """--max-tasks limits how many are asked at a time."""
    farm = t.farm("--delay", "40", "--gate", t.peak(3))
    run = t.animals(farm, "--max-tasks", "3")
    t.same(run.rows, [row(name) for name in NAMES])
    t.same_peak(run.timing["max_in_flight"], 3)
    t.same_peak(farm.stats()["peak_concurrency"], 3)


@animals
def max_tasks_1(t):
    """With --max-tasks 1 the animals are asked one after the other."""
    farm = t.farm("--delay", "5")
    run = t.animals(farm, "--max-tasks", "1")
    t.same(run.lines, list(map(said, NAMES)))
    t.same(farm.stats()["peak_concurrency"], 1)


@main_animals
def two_hundred(t):
    """Two hundred animals are asked at once."""
    farm = t.farm("--delay", 0, "--gate", t.peak(200))
    run = t.animals(farm, "--count", "200")
    t.same(sorted(run.lines), sorted(said(NAMES[i % 12]) for i in range(200)))
    t.same_peak(run.timing["max_in_flight"], 200)


@animals
def delay_is_asked_for(t):
    """--delay becomes a part of the URL."""
    with Canned({"/animals/cow?delay=70": answer("Moo!")}) as server:
        run = t.animals(server, "--delay", "70", "cow")
    t.same(run.rows, [row("cow")])


@main_animals
def unknown_animal(t):
    """An animal that the farm does not know is reported, and fails alone."""
    farm = t.farm("--delay", "10")
    run = t.animals(farm, "cow", "yeti", "pig", code=1,
                    err="animals: yeti: the farm answered 404")
    t.same(run.rows, [row("cow"), {"name": "yeti", "sound": None,
                                   "status": 404, "error": None}, row("pig")])
    t.same(sorted(run.lines), sorted(map(said, ["cow", "pig"])))


ODD = [("with a slash", "a/b?c", "a%2Fb%3Fc"), ("with an accent", "é",
                                                 "%C3%A9"),
       ("with a hash", "a#b%41", "a%23b%2541"),
       ("with blanks", " a\tb ", "%20a%09b%20"),
       ("with a line end", "a\r\nX: b", "a%0D%0AX%3A%20b")]


@each(ODD, animals)
def a_name(t, about, name, segment):
    """A name becomes one segment of the path, with any bytes in it."""
    with Canned({"/animals/" + segment: answer("Hm.")}) as server:
        run = t.animals(server, "--", name)
        t.same(server.targets(), ["/animals/" + segment])
    t.same(run.rows, [{"name": name, "sound": "Hm.", "status": 200,
                       "error": None}])
    shown = re.sub("[\t\r\n]", "\N{REPLACEMENT CHARACTER}", name)
    t.same(run.lines, ['The %s says "Hm.".' % shown])


@animals
def a_server_with_a_path(t):
    """--server may have a path, which does not count."""
    # Animals live at the root, wherever the URL points.
    farm = t.farm("--delay", "5")
    run = t.animals(farm, "--server", "%s/site/?a#b" % farm, "cow")
    t.same(run.rows, [row("cow")])


@animals
def a_server_without_scheme(t):
    """--server needs no scheme."""
    farm = t.farm("--delay", "5")
    run = t.animals(farm, "--server", "127.0.0.1:%d" % farm.port, "cow")
    t.same(run.rows, [row("cow")])


@animals
def ipv6(t):
    """A server may have an IPv6 address."""
    try:
        server = Canned({"/animals/cow": answer("Moo!")}, host="::1")
    except OSError:
        t.skipTest("no IPv6 here")
    with server:
        run = t.animals(server, "cow")
        t.same([request.host for request in server.requests],
               ["[::1]:%d" % server.port])
    t.same(run.rows, [row("cow")])


# --- What is printed ---------------------------------------------------------


@animals
def quiet(t):
    """-q prints nothing."""
    t.animals(t.farm("--delay", "5"), "-q")


@animals
def json_on_stdout(t):
    """--json - writes to stdout."""
    farm = t.farm("--delay", "5")
    child = t.start("animals", "--server", farm, "--json", "-", "-q")
    data = json.loads(t.finish(child).out.decode())
    t.same(data["animals"], [row(name) for name in NAMES])
    t.same(data["stage"], t.stage)


@main_animals
def typed_lines_never_mix(t):
    """Two lines never mix: one animal types at a time."""
    farm = t.farm("--delay", "5")
    run = t.animals(farm, "--typing", "1", "--max-tasks", "6", "--count", "18")
    t.same(sorted(run.lines), sorted(map(said, (NAMES * 2)[:18])))
    typed = sorted((span["typing"], span["typed"])
                   for span in run.timing["spans"])
    for (_, end), (begin, _) in zip(typed, typed[1:]):
        t.assertLessEqual(end, begin, "two type at the same time")


@animals
def typing_takes_its_time(t):
    """--typing is the pause after each letter."""
    farm = t.farm("--delay", "5")
    span = t.animals(farm, "--typing", "5", "cow").timing["spans"][0]
    t.assertGreater(span["typed"] - span["typing"], 0.005 * len(said("cow")))


@animals
def typing_on_a_terminal(t):
    """On a terminal lines are typed letter by letter."""
    # 4 ms a letter is the default there, 0 elsewhere.
    farm = t.farm("--delay", "5")
    try:
        master, slave = pty.openpty()
    except OSError:
        t.skipTest("no pseudo-terminals here")
    with open(master, "rb", 0) as master, open(slave, "wb") as slave:
        child = t.start_animals(farm, "cow", stdout=slave)
        run = t.finish_animals(child, farm)
        t.same(master.read(1000), said("cow").encode() + b"\r\n")
    span = run.timing["spans"][0]
    t.assertGreater(span["typed"] - span["typing"], 0.004 * len(said("cow")))


@main_animals
def the_screen_is_for_who_waits_longest(t):
    """The screen goes to the animal that has waited longest."""
    farm = t.farm("--delay", "5")
    run = t.animals(farm, "--typing", "1")
    if t.number == 2:
        return  # a mutex may go to any thread next
    waits = sorted((span["screen_asked"], span["typing"])
                   for span in run.timing["spans"])
    turns = [typing for _, typing in waits]
    t.same(turns, sorted(turns), waits)


@main_animals
def fetching_goes_on_while_typing(t):
    """Other fetches go on while a line is typed."""
    farm = t.farm("--delay", "50", "--gate", t.peak(4))
    run = t.animals(farm, "--typing", "10", *NAMES[:4])
    spans = run.timing["spans"]
    if t.concurrent:
        first_typed = min(span["typed"] for span in spans)
        t.assertLess(max(span["asked"] for span in spans), first_typed)
    else:
        for one, next_one in zip(spans, spans[1:]):
            t.assertLessEqual(one["typed"], next_one["asked"])


FACTS = ("turn", "ready", "wake", "run", "ask", "connected", "answer",
         "fetched", "wait fd", "wait timer", "wait lock", "wait condition",
         "lock", "unlock", "letter", "done")
SLICES = ("fetch", "typing")  # for viewers; so are the ends of waits
MARKS = {  # of a span, by the fact that has the same time
    "ask": "asked", "connected": "connected", "answer": "first_byte",
    "fetched": "done", "wait lock": "screen_asked", "lock": "typing",
    "unlock": "typed",
}


def read_trace(path):
    """The facts of a trace, in order, and the names of its tracks. Checks the
    form of the events, and that the slices of each track nest and end."""
    with open(path, encoding="utf-8") as file:
        events = json.load(file)
    names = {}
    open_slices = {}
    facts = []
    last = 0
    for event in events:
        assert event["pid"] == 1, event
        if event["ph"] == "M":
            if event["name"] == "thread_name":
                names[event["tid"] - 2] = event["args"]["name"]
            continue
        assert event["ts"] >= last, event
        last = event["ts"]
        name, task = event["name"], event["tid"] - 2
        slices = open_slices.setdefault(task, [])
        if event["ph"] == "E":
            assert slices.pop() == name, event
            continue
        if event["ph"] == "B":
            assert not slices or not slices[-1].startswith("wait"), event
            assert task >= 0, event
            slices.append(name)
            if name in SLICES:
                continue
        assert event["ph"] in "iB" and name in FACTS, event
        args = event["args"]
        assert args["task"] == task and args["thread"] >= 0, event
        assert re.fullmatch(r"\w+\.[ch]:\d+", args["at"]), event
        if name == "run" or name not in FACTS[:3]:
            # A task does nothing while it waits.
            waits = [one for one in slices if one.startswith("wait")]
            assert name == "run" or waits in ([], [name]), event
        facts.append({"name": name, "ts": event["ts"], **args})
    assert not any(open_slices.values()), open_slices
    assert set(open_slices) <= set(names), names
    return facts, names


def check_turns(t, run, facts):
    """The stage reports as many turns as the trace has; a ready descriptor has
    been waited for."""
    turns = run.timing["facts"].get("turns")
    if turns is not None:
        t.same(len([fact for fact in facts if fact["name"] == "turn"]), turns)
    waits = {}
    for fact in facts:
        if fact["name"] == "wait fd":
            waits[fact["task"]] = fact["fd"]
            t.same(fact["at"].split(":")[0], "fetch.c")
        elif fact["name"] == "ready" and fact["task"] in waits:
            t.same(fact["fd"], waits[fact["task"]], fact)
        if t.number == 6 and fact["name"] in ("wait fd", "wait timer"):
            # The whole chain, up to the first function of the task.
            t.assertEqual(fact["chain"][-1].split(":")[0], t.program + ".c")
            t.assertIn(fact["at"],
                       [link.split(" ")[0] for link in fact["chain"]])


@main_animals
def trace(t):
    """The trace agrees with the animals' output, spans and turns."""
    farm = t.farm("--pace", "0.02")
    run = t.animals(farm, "--trace", t.file("trace.json"), "--typing", "1")
    facts, names = read_trace(t.file("trace.json"))
    t.same(names, {-1: "loop", **dict(enumerate(NAMES))})
    check_turns(t, run, facts)
    letters = [fact for fact in facts if fact["name"] == "letter"]
    t.same("".join(chr(fact["letter"]) for fact in letters), run.out.decode())
    holder = None
    for fact in facts:
        if fact["name"] == "lock":
            t.assertIsNone(holder)
            holder = fact["task"]
        elif fact["name"] in ("letter", "unlock"):
            t.same(fact["task"], holder)
            if fact["name"] == "unlock":
                holder = None
    for task, name in enumerate(NAMES):
        own = [fact for fact in facts if fact["task"] == task]
        kinds = [fact["name"] for fact in own]
        t.same(kinds[-1], "done", (name, kinds))
        t.same(kinds.count("done"), 1, (name, kinds))
        for kind, mark in MARKS.items():
            [at] = [fact["ts"] for fact in own if fact["name"] == kind]
            t.assertAlmostEqual(at * 1e-6, run.timing["spans"][task][mark],
                                delta=2e-6)
        [url] = [fact["url"] for fact in own if fact["name"] == "ask"]
        t.same(url, "%s/animals/%s" % (farm, name))
    if t.number != 2:
        t.same({fact["thread"] for fact in facts}, {0})


@main_animals
def trace_of_pauses(t):
    """The trace has a wait for each pause between letters."""
    farm = t.farm("--delay", "1")
    t.animals(farm, "--trace", t.file("trace.json"), "--typing", "1", "cow",
              "pig")
    facts, _ = read_trace(t.file("trace.json"))
    letters = [fact["task"] for fact in facts
               if fact["name"] == "letter" and chr(fact["letter"]) != "\n"]
    pauses = [fact for fact in facts if fact["name"] == "wait timer"]
    t.same([fact["task"] for fact in pauses], letters)
    t.same({fact["timer"] for fact in pauses}, {1})
    # The place is where the stage waits, and it is always the same.
    t.same(len({fact["at"] for fact in pauses}), 1)
    t.same(pauses[0]["at"].split(":")[0], "animals.c")


# --- What goes wrong ---------------------------------------------------------


@main_animals
def nobody_listens(t):
    """A refused connection is reported for each animal."""
    run = t.animals(None, "--server", t.nobody(), code=1, err=[
        "animals: %s: connection refused" % name for name in NAMES])
    t.same(run.rows, [{"name": name, "sound": None, "status": None,
                       "error": "connection refused"} for name in NAMES])
    t.same(run.lines, [])


@animals
def very_many_fail_at_once(t):
    """Fifty thousand that fail at once do not grow the stack."""
    # connect() refuses a broadcast address at once. If each fetch were begun
    # from inside the end of the fetch before, the stack would grow.
    child = t.start("animals", "--server", "255.255.255.255:1", "-q",
                    "--max-tasks", 1, "--count", 50000)
    run = t.finish(child, code=1, err=None)
    t.same(len(run.err.splitlines()), 50000)


@main_animals
def time_out(t):
    """--timeout ends a fetch that gets no answer."""
    farm = t.farm("--delay", "60000")
    start = time.monotonic()
    run = t.animals(farm, "--timeout", "0.3", "cow", "pig", "dog", code=1,
                    err=["animals: %s: timed out" % name
                         for name in ("cow", "pig", "dog")])
    t.assertLess(time.monotonic() - start, 10)  # not by the default
    t.same(run.rows, [{"name": name, "sound": None, "status": None,
                       "error": "timed out"} for name in ("cow", "pig",
                                                          "dog")])
    t.assertGreater(run.timing["wall_s"], 0.3 if t.concurrent else 0.9)
    for span in run.timing["spans"]:
        t.assertGreater(span["done"] - span["asked"], 0.299)


@animals
def failures_are_told_at_the_end(t):
    """Failures are reported at the end, in the order asked, and not in the
    middle of a line."""
    # The rooster answers after a fifth of this, the cow after one and a half.
    farm = t.farm("--pace", PATIENCE)
    child = t.start_animals(farm, "cow", "yeti", "rooster", "--timeout",
                            PATIENCE, "--typing", int(33 * PATIENCE),
                            redirect="2>&1")
    run = t.finish_animals(child, farm, code=1)
    t.same(run.lines, [said("rooster"), "animals: cow: timed out",
                       "animals: yeti: the farm answered 404"])


@main_animals
def time_outs_and_answers(t):
    """A time-out of one animal does not harm the other animals."""
    def too_late(request):
        request.until_hung_up()

    pages = {"/animals/%s" % name: answer(SOUNDS[name]) for name in NAMES}
    pages["/animals/cow"] = too_late
    with Canned(pages) as server:
        run = t.animals(server, "--timeout", PATIENCE, code=1,
                        err="animals: cow: timed out")
    t.same(run.rows[1:], [row(name) for name in NAMES[1:]])
    t.same(run.rows[0]["error"], "timed out")


@each([("nothing", ""), ("a dot", "."), ("two dots", "..")], animals)
def no_animal_is_called(t, about, name):
    """The URL would be that of another page."""
    farm = t.farm()
    child = t.start("animals", "--server", farm, "cow", name)
    t.finish(child, code=2, err=
             'animals: a name may not be empty, "." or ".."')
    t.same(farm.connections, 0)


WRONG = [
    ("closed", None, "connection closed before the response was complete"),
    ("redirected", answer(status=302, headers=[b"Location: /animals/pig"]),
     "the farm answered 302"),
    ("too loud", answer("Moo! " * 200000),
     "the farm answered 200, but: body exceeds the limit"),
    ("gzipped", answer("Moo!", headers=["Content-Encoding: gzip"]),
     "the farm answered 200, but: unsupported Content-Encoding"),
    ("too loud a 404", answer("Moo! " * 200000, status=404),
     "the farm answered 404"),
    ("half a 503", answer("Moo!", status=503)[:-1], "the farm answered 503"),
    ("no http", b"Moo!\r\n\r\n", "malformed status line"),
    ("cut short", answer("Moo!")[:-1], "the farm answered 200, but: "
     "connection closed before the response was complete"),
]


@each(WRONG, animals)
def an_animal(t, about, page, text):
    """An answer that is wrong is an error in its row."""
    pages = {"/animals/cow": page, "/animals/pig": answer("Oink!")}
    with Canned(pages) as server:
        run = t.animals(server, "pig", "cow", code=1,
                        err="animals: cow: " + text)
    t.same(run.rows[0], row("pig"))
    t.same(run.rows[1]["sound"], None)
    said, _, error = text.rpartition(", but: ")
    status = re.search("[0-9]+", said or text)
    t.same(run.rows[1]["status"], int(status[0]) if status else None)
    t.same(run.rows[1]["error"], error if said or not status else None)


BAD = "\N{REPLACEMENT CHARACTER}"
HOSTILE = [
    ("escapes", b"\x1b[31mMoo\x07\x7f", "\x1b[31mMoo\x07\x7f",
     BAD + "[31mMoo" + BAD * 2),
    ("C1 controls", b"\xc2\x9b31mMoo\xc2\x80", "\x9b31mMoo\x80",
     BAD + "31mMoo" + BAD),
    ("bad UTF-8", b"\xff\xfeM\xc3oo\xe2\x82", BAD * 2 + "M" + BAD + "oo" + BAD,
     BAD * 2 + "M" + BAD + "oo" + BAD),
    ("surrogates", b"\xed\xa0\x80!", BAD * 3 + "!", BAD * 3 + "!"),
    ("NUL", b"Moo\0Moo", "Moo", "Moo"),
    ("lines", b"Moo!\r\nThe pig says nothing.\n", "Moo!", "Moo!"),
    ("quotes", b'"\\"', '"\\"', '"\\"'),
    ("4096 bytes", b"M" * 4096, "M" * 4096, "M" * 4096),
    ("nothing", b"", "", ""),
]


@each(HOSTILE, animals)
def a_sound_of(t, about, body, sound, shown):
    """Any bytes of a sound are printed harmlessly."""
    with Canned({"/animals/cow": answer(body, type="text/plain")}) as server:
        run = t.animals(server, "cow")
    t.same(run.rows, [{"name": "cow", "sound": sound, "status": 200,
                       "error": None}])
    t.same(run.out.decode(), 'The cow says "%s".\n' % shown)


# --- Ctrl-C ------------------------------------------------------------------


def held_farm():
    server = Canned({"/animals/" + name: answer(SOUNDS[name])
                     for name in NAMES})
    server.hold()
    return server


@main_animals
def ctrl_c_once(t):
    """After Ctrl-C no new animal is asked, and fetches in flight end."""
    with held_farm() as server:
        n = t.peak(5)
        child = t.start_animals(server, "--max-tasks", "5", "--count", "30")
        server.wait_for(lambda server: server.in_flight == n)
        child.interrupt()
        server.release()
        run = t.finish_animals(child, server, code=130)
        t.same(len(server.requests), n, "it went on fetching")
    t.same(run.lines[-1], "Interrupted")
    t.same(sorted(run.lines[:-1]), sorted(map(said, NAMES[:n])))
    t.same(run.rows[:n], [row(name) for name in NAMES[:n]])
    t.same(run.rows[n:], [{"name": name, "sound": None, "status": None,
                           "error": None} for name in (NAMES * 3)[n:30]])


@main_animals
def ctrl_c_then_time_outs(t):
    """After Ctrl-C a fetch in flight may still time out."""
    farm = t.farm("--delay", "60000")
    n = t.peak(3)
    child = t.start_animals(farm, "--max-tasks", "3", "--timeout", PATIENCE)
    farm.wait_for(in_flight=n)
    child.interrupt()
    run = t.finish_animals(child, farm, code=130, err=[
        "animals: %s: timed out" % name for name in NAMES[:n]])
    t.same(run.lines, ["Interrupted"])
    t.same(run.timing["connections"], n)


@main_animals
def ctrl_c_twice(t):
    """A second Ctrl-C ends the program at once."""
    with held_farm() as server:
        n = t.peak(12)
        child = t.start_animals(server, "--timeout", 2 * LIMIT,
                                leaves_threads=True)
        server.wait_for(lambda server: server.in_flight == n)
        child.interrupt()
        child.interrupt_and_end()
        t.finish(child, code=130)  # no answer has come, and no time-out
        t.same(len(server.requests), n)


@animals
def ctrl_c_quiet(t):
    """Ctrl-C with -q prints nothing."""
    with held_farm() as server:
        child = t.start_animals(server, "-q")
        server.wait_for(lambda server: server.in_flight == t.peak(12))
        child.interrupt()
        server.release()
        run = t.finish_animals(child, server, code=130)
    t.same(run.rows[0], row("cow"))


@main_animals
def ctrl_c_while_typing(t):
    """After Ctrl-C the rest of a line is typed without pauses."""
    # An animal that has answered is typed, without the pauses.
    farm = t.farm("--delay", "0")
    child = t.start_animals(farm, "--typing", 10000, "cow")
    farm.wait_for(responses=1)
    child.interrupt()
    run = t.finish_animals(child, farm, code=130)
    t.same(run.lines, [said("cow"), "Interrupted"])
    t.assertLess(run.wall, 9)  # before the second letter


@main_animals
def ctrl_c_at_the_very_end(t):
    """A Ctrl-C that comes too late does no harm."""
    # Too late to change anything but perhaps the exit code.
    farm = t.farm("--delay", "0")
    child = t.start_animals(farm, "cow", "-q")
    farm.wait_for(responses=1)
    child.process.send_signal(2)
    t.assertIn(child.wait(), (0, 130, -2))


