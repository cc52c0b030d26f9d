#!/usr/bin/env python3
"""Is a participant's copy of a stage right? Runs the cases of all stages on the
copy in play/ and describes each failure in words.

    BUILD=build python3 tests/grade.py N      (make grade-N builds it first)

Stops after two different causes; ALL=1 goes on to the end. Exit code 0 if all
is well, 1 if not.
"""

import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import tempfile
import traceback

BUILD = os.environ.get("BUILD") or "build"
os.environ["FARM_PROGRAM"] = os.path.abspath(os.path.join(BUILD, "farm"))
os.environ["BUILD"] = os.path.join(BUILD, "play")
os.environ["LIMIT"] = os.environ.get("LIMIT") or "5"
os.environ["PATIENCE"] = os.environ.get("PATIENCE") or "1.5"

import cases_animals  # noqa: E402, F401 - they register their cases
import cases_both  # noqa: E402, F401
import cases_crawl  # noqa: E402, F401
import support  # noqa: E402

CAUSES = int(os.environ.get("CAUSES") or 2)  # stops after this number
# These run first: their failures are the most helpful.
FIRST = ("it_waits", "the_twelve", "ten_at_a_time", "the_site", "third_try",
         "time_out", "ctrl_c_once")


# --- Describing a failure ----------------------------------------------------

class Difference(AssertionError):
    """An expected value, and the value that was found instead."""

    def __init__(self, expected, yours, about=()):
        super().__init__("expected %r, found %r" % (expected, yours))
        self.expected = expected
        self.yours = yours
        # A check of every run has a sentence of its own.
        self.sentence = next((text for text in about if isinstance(text, str)
                              and text.endswith(".")), None)


def short(value, most=160):
    text = value if isinstance(value, str) else repr(value)
    text = text.strip("\n")
    return text if len(text) <= most else text[:most - 4] + " ..."


def first_difference(expected, yours):
    """Of two lists or dictionaries only where they differ first, in words."""
    if isinstance(expected, dict) and isinstance(yours, dict):
        for key in [*expected, *(key for key in yours if key not in expected)]:
            if expected.get(key) != yours.get(key) \
                    or (key in expected) != (key in yours):
                return tuple("%s: %s" % (short(key, 60), short(where[key]))
                             if key in where else "no %s" % short(key, 60)
                             for where in (expected, yours))
    if isinstance(expected, tuple) and isinstance(yours, tuple):
        for one, other in zip(expected, yours):
            if one != other:
                return first_difference(one, other)
    if isinstance(expected, list) and isinstance(yours, list):
        if not expected or not yours:
            return how_many(expected), how_many(yours)
        for i, (one, other) in enumerate(zip(expected, yours)):
            if one != other:
                pair = first_difference(one, other)
                return pair[0], "%s (in place %d of %d)" % (
                    pair[1], i + 1, len(yours))
        return tuple("%d of them%s" % (
            len(where), ", the next is %s" % short(where[n], 80)
            if n < len(where) else "")
            for where, n in ((expected, len(yours)), (yours, len(expected))))
    return short(expected), short(yours)


def how_many(found):
    if not found:
        return "none"
    return "%d: %s%s" % (len(found), short(found[0], 100),
                         ", ..." if len(found) > 1 else "")


class Case(support.Case):
    """A case whose checks raise a Difference."""

    def same(self, found, expected, *about):
        if found != expected:
            raise Difference(*first_difference(expected, found),
                             about=about)

    assertEqual = same


def _check(name, holds, words):
    def check(self, found, other=None, *about):
        if not holds(found, other):
            raise Difference(words % short(other) if "%s" in words else words,
                             short(found), about)
    setattr(Case, name, check)


_check("assertLess", lambda a, b: a < b, "less than %s")
_check("assertLessEqual", lambda a, b: a <= b, "at most %s")
_check("assertGreater", lambda a, b: a > b, "more than %s")
_check("assertGreaterEqual", lambda a, b: a >= b, "at least %s")
_check("assertIn", lambda a, b: a in b, "one of %s")
_check("assertNotIn", lambda a, b: a not in b, "none of %s")
_check("assertRegex", lambda a, b: re.search(b, a), "a text like %s")
_check("assertTrue", lambda a, b: a, "yes")
_check("assertIsNotNone", lambda a, b: a is not None, "something")


def place(error):
    """The place in the tests where a failure was noticed. Two failures with the
    same place are taken to have one cause."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__)
              if frame.filename.startswith(os.path.dirname(__file__))
              and not frame.filename.endswith("grade.py")]
    return (frames[-1].filename, frames[-1].lineno) if frames else ("", 0)


def describe(test, error):
    """A sentence, the expected value, and the value that was found."""
    sentence = " ".join(test.function.__doc__.split())
    _, blank, kind = test.function.__name__.partition(" ")
    if blank:  # one of a table
        sentence += " (%s)" % kind
    if isinstance(error, Difference):
        return error.sentence or sentence, error.expected, error.yours
    text = str(error).strip().splitlines() or [type(error).__name__]
    if text[0].startswith("still running after"):
        said = [line for line in text[1:] if line.strip()]
        cpu = re.search(r"([\d.]+) s of CPU", text[0])
        busy = cpu and float(cpu[1]) > 0.2 * float(os.environ["LIMIT"])
        return ("It comes to an end. (Tried: %s)" % sentence,
                "within %s s" % os.environ["LIMIT"],
                "it did not: it %s (%s s of CPU)%s" % (
                    "does not stop asking" if busy
                    else "waits for something that never comes",
                    cpu[1] if cpu else "?", "".join(
                        "; it said: " + short(line) for line in said[-1:])))
    if "in vain: " in text[0]:  # something was waited for
        return sentence, "more than what has happened after %s s" \
            % os.environ["LIMIT"], short(
                re.sub(r"\S*/(animals|crawl) .*", r"it goes on waiting",
                       text[0].partition("in vain: ")[2]))
    if text[0].startswith("ended"):
        return sentence, "that it goes on", "it ended too early"
    return sentence, "no trouble", short(text[0])


# --- Two threads at the same memory ------------------------------------------

def places_of(report, folder):
    """Where in the copy the two threads were, of ThreadSanitizer's first
    report: of each stack the innermost function that is the participant's."""
    found = []
    for stack in re.findall(r"(?:^    #\d.*\n)+", report, re.M)[:2]:
        frame = re.search(r"#\d+ (\w+) \S*%s/([\w.]+:\d+)" % folder, stack)
        if frame:
            found.append("%s() at %s" % frame.groups())
    return " and ".join(found) or "a data race"


def race(folder):
    """The first data race that ThreadSanitizer finds in the copy, or None, also
    if this compiler has no ThreadSanitizer."""
    build = os.path.join(BUILD, "tsan")
    targets = ["%s/play/%s/%s" % (build, folder, program)
               for program in ("animals", "crawl")]
    made = subprocess.run(
        [os.environ.get("MAKE") or "make", "-s", "--no-print-directory",
         "SANITIZE=tsan", *targets],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "BUILD": build})
    if made.returncode != 0:
        return None
    with tempfile.TemporaryDirectory() as tmp:
        farm = support.Farm(tmp, "--pace", "0.05")
        for words in ([targets[0], "--server", farm.url, "--typing", "1"],
                      [targets[1], farm.url + "/site/"]):
            run = subprocess.run(words, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, timeout=60)
            said = run.stderr.decode(errors="replace")
            if "data race" in said:
                farm.stop()
                return places_of(said, folder)
        farm.stop()
    return None


# --- The runner --------------------------------------------------------------

def order(test):
    name = test.function.__name__
    return (FIRST.index(name) if name in FIRST else len(FIRST),
            not test.function.main)


def run_one(test):
    """The exception with which a test failed, None, or "skipped"."""
    failure = None
    try:
        test.setUp()
        test.function()
    except support.unittest.SkipTest:
        failure = "skipped"
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001
        failure = error  # of any type
    try:
        test.doCleanups()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001
        failure = failure or error
    return failure


class Grades:
    """The failures found so far, by cause."""

    def __init__(self, number, cases):
        self.number = number
        self.cases = cases
        self.seen = self.right = 0
        self.causes = {}  # place: the words, and the number of failures

    def add(self, cause=None, words=None):
        self.seen += 1
        self.right += cause is None
        if cause is not None:
            self.causes.setdefault(cause, [words, 0])[1] += 1

    def print(self):
        print("Stage %d, yours: %d of %d behaviours seen, %d as they should "
              "be." % (self.number, self.seen, self.cases, self.right))
        for (sentence, expected, yours), times in self.causes.values():
            print("  %s\n      expected  %s\n      yours     %s" % (
                sentence, expected, yours))
            if times > 1:
                print("      (and %d more in the same place)" % (times - 1))
        if self.seen < self.cases and self.causes:
            print("Stopped after two different causes. All of them: make "
                  "grade-%d ALL=1" % self.number)


def progress(text):
    """A line that comes and goes, on a terminal only."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K" + text)
        sys.stderr.flush()


def grade(number):
    every = os.environ.get("ALL", "") not in ("", "0")
    support.Case = Case
    tests = sorted((test for test in support.build_suite()
                    if test.number == number and test.selector is None),
                   key=order)
    if not tests:
        sys.exit("grade: there is no copy of stage %d; make play-%d makes one"
                 % (number, number))
    grades = Grades(number, len(tests) + (number == 2))
    pool = concurrent.futures.ThreadPoolExecutor(support.JOBS)
    results = [pool.submit(run_one, test) for test in tests]
    for test, result in zip(tests, results):
        progress("%d of %d behaviours seen, %d as they should be" % (
            grades.seen, grades.cases, grades.right))
        error = result.result()
        if error == "skipped":
            grades.cases -= 1
        elif error is None:
            grades.add()
        else:
            grades.add(place(error), describe(test, error))
        if len(grades.causes) == CAUSES and not every:
            break
    support.end_all(pool)
    support.Child.none_more = False
    if number == 2 and (every or len(grades.causes) < CAUSES):
        progress("looking for data races")
        found = race(tests[0].folder)
        grades.add(found and "race", (
            "Two threads never touch the same memory at the same time.",
            "a lock around it", found))
    progress("")
    grades.print()
    return 1 if grades.causes else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        code = grade(int(sys.argv[1]))
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
