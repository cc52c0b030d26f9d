#!/usr/bin/env python3
"""The script behind `make try`, common/scripts/try.sh: its output, the files that
it keeps, and the processes that it must not leave behind. The exercises
themselves are tried by tests/exercises/run.sh; those here are small ones, on an
example of a stage."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from support import BUILD, ENVIRONMENT, IS_SLOW, LIMIT, ROOT

ANSWER = """\
--- a/05-coroutines/examples/countdown.c
+++ b/05-coroutines/examples/countdown.c
@@ -1,1 +1,2 @@
 // countdown.c - three acts: an iterator, a generator, a generator that listens.
+#define EXTRA 1
"""
FIRST = """\
stage: 5
stars: 1
title: The first
task: Define EXTRA, in the first lines
    of countdown.c.
hint: It is a macro.
check:
    grep -q EXTRA "$COPY/05-coroutines/examples/countdown.c" ||
        not_yet "EXTRA is not defined"
    prints 'Act 1' 1 "$EXAMPLES/countdown"
observe: So it is.
""" + ANSWER
SECOND = """\
stage: 5
stars: 3
title: The second?
task: How many acts has countdown.c?
hint: Count them.
asks:
    How many?
right: 3
wrong: 4
check:
    guess "the acts" 3 3 "$GUESS1"
    also "three acts"
observe: Indeed.
answer: Three.
"""
MYSTERY = """\
stage: 5
stars: 2
title: A mystery
begins: reversed
task: Something is missing.
hint: Look.
check:
    grep -q '^// countdown.c' "$COPY/05-coroutines/examples/countdown.c" ||
        not_yet "a line is missing"
observe: Found.
--- a/05-coroutines/examples/countdown.c
+++ b/05-coroutines/examples/countdown.c
@@ -1,0 +1,1 @@
+// countdown.c - three acts: an iterator, a generator, a generator that listens.
"""
# Its program never ends, and ignores Ctrl-C.
ENDLESS = """\
stage: 5
stars: 1
title: Endless
task: Wait.
hint: Wait.
check:
    hangs 60 /bin/sh -c 'trap "" INT TERM; echo running >"$0"
        while :; do sleep 1; done' "$WORK/../%s"
observe: It waited.
"""


@unittest.skipIf(IS_SLOW, "of the ordinary build")
@unittest.skipUnless(shutil.which("patch"), "no patch")
class Exercises(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.tmp = tempfile.mkdtemp(prefix="exercises-")
        self.addCleanup(shutil.rmtree, self.tmp)
        os.makedirs(os.path.join(ROOT, "play"), exist_ok=True)
        play = tempfile.mkdtemp(prefix=".test-", dir=os.path.join(ROOT, "play"))
        self.play = os.path.relpath(play, ROOT)
        self.addCleanup(shutil.rmtree, play)
        self.addCleanup(shutil.rmtree, os.path.join(BUILD, self.play), True)
        self.write("1a", FIRST)
        self.write("1b", SECOND)

    def write(self, name, text):
        with open(os.path.join(self.tmp, name + ".patch"), "w") as file:
            file.write(text)

    def start(self, *words, **environment):
        env = {key: value for key, value in ENVIRONMENT.items() if key not in
               ("GUESS", "WATCH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        # CC= and CFLAGS= as in this build, or all of it would be made again.
        _, dashes, variables = os.environ.get("MAKEFLAGS", "").partition("-- ")
        if dashes:
            env["MAKEFLAGS"] = "-- " + variables
        child = subprocess.Popen(
            ["sh", "common/scripts/try.sh", *words], cwd=ROOT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={**env, "BUILD": os.path.relpath(BUILD, ROOT),
                 "PLAY": self.play, "EXERCISES": self.tmp, **environment})
        self.addCleanup(self.end, child)
        return child

    def end(self, child):
        """After a failed test; a trap of try.sh ends the rest."""
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=LIMIT)

    def run_try(self, *words, code=0, err="", **environment):
        child = self.start(*words, **environment)
        out, said = child.communicate(timeout=LIMIT * 3)
        self.assertEqual((child.returncode, said), (code, err), out)
        for line in out.splitlines():
            self.assertNotRegex(line, r"[\r\033]")
        return out.replace(self.play + "/", "play/")

    def same_words(self, out, expected):
        """Lines are broken elsewhere where a path is longer."""
        self.assertEqual(out.split(), expected.split())

    def path(self, *names):
        return os.path.join(ROOT, self.play, *names)

    def source(self, folder="1a"):
        return self.path(folder, "05-coroutines", "examples", "countdown.c")

    def edit(self, text, folder="1a"):
        """Puts a line in front of all others."""
        with open(self.source(folder)) as file:
            rest = file.read()
        with open(self.source(folder), "w") as file:
            file.write(text + "\n" + rest)

    def read(self, folder="1a"):
        with open(self.source(folder)) as file:
            return file.read()

    def test_from_the_task_to_yes(self):
        self.same_words(self.run_try("try", "1a"), """\
1a * The first. Define EXTRA, in the first lines of countdown.c.
Your copy: play/1a/05-coroutines. Edit it, then again: make try-1a.
Stuck: make hint-1a. Give up: make answer-1a.
""")
        self.assertEqual(self.run_try("try", "1a", code=1),
                         "Nothing is changed yet.\n")
        self.assertEqual(self.run_try("try", "1a", code=1, UNCHANGED="1"),
                         "Not yet: EXTRA is not defined.\n")
        self.edit("// and one line more")
        self.assertEqual(self.run_try("try", "1a", code=1),
                         "Not yet: EXTRA is not defined.\n")
        self.edit("#define EXTRA")
        self.same_words(self.run_try("try", "1a"), """\
Yes: 1 line with "Act 1". So it is.
You changed 2 lines, the answer 1: make answer-1a.   Next: make try-1b
  (1 of 2 done)
""")

    def test_make_try_is_the_first_that_is_not_done(self):
        self.assertIn("1a * The first.", self.run_try("try"))
        self.assertIn("Exercise 1a: The first\nNothing is",
                      self.run_try("try", code=1))
        self.edit("#define EXTRA")
        self.run_try("try")
        self.assertIn("1b *** The second? How many", self.run_try("try"))
        self.assertIn("Yes: three acts. Indeed.",
                      self.run_try("try", GUESS="3"))
        self.assertEqual(self.run_try("try"),
                         "2 of 2 done.  make try-x lists them.\n")

    def test_the_list(self):
        self.write("2m", MYSTERY)
        self.run_try("try", "1b", GUESS="3")
        self.assertEqual(self.run_try("try", "x"), """\
1  here 1a *   The first                   done 1b *** The second?
2  -    2m **  A mystery
1 of 3 done.  Go on: make try
""")

    def test_a_number(self):
        self.assertIn('Your numbers: make try-1b GUESS="N"',
                      self.run_try("try", "1b"))
        self.assertEqual(self.run_try("try", "1b", code=1),
                         'Your numbers: make try-1b GUESS="N"\n')
        self.assertEqual(self.run_try("try", "1b", code=1, GUESS="2"),
                         "Not yet: 2 is not enough for the acts.\n")
        self.assertEqual(self.run_try("try", "1b", code=1, GUESS="4"),
                         "Not yet: 4 is too much for the acts.\n")
        self.assertEqual(self.run_try("try", "1b", code=1, GUESS="many"),
                         'Not yet: "many" is no number.\n')
        self.assertIn("Yes: three acts.", self.run_try("try", "1b", GUESS="3"))

    def test_a_mystery_begins_broken_and_is_built(self):
        self.write("2m", MYSTERY)
        self.assertIn("It is built: ", self.run_try("try", "2m"))
        self.assertNotIn("// countdown.c", self.read("2m"))
        out = self.run_try("answer", "2m")
        self.assertIn("\n+// countdown.c", out)
        self.assertIn("Yes. Found.", out)

    def test_hint_and_answer_leave_the_copy_alone(self):
        self.run_try("try", "1a")
        self.edit("// mine")
        self.assertEqual(self.run_try("hint", "1a"), """\
1a * The first. Define EXTRA, in the first lines of countdown.c.
Hint: It is a macro.
""")
        out = self.run_try("answer", "1a")
        self.assertIn("\n+#define EXTRA 1\n", out)
        self.assertIn("\nThe answer, checked:\nYes: ", out)
        self.assertTrue(self.read().startswith("// mine\n"))
        self.assertIn("0 of 2 done", self.run_try("try", "x"))
        # The copy with the answer is kept as well, if somebody worked in it.
        self.edit("// mine, too", "answer-1a")
        self.assertIn("answer-1a.old-1", self.run_try("answer", "1a"))
        self.assertIn("// mine, too", self.read("answer-1a.old-1"))
        self.assertNotIn("// mine, too", self.read("answer-1a"))

    def test_reset_loses_nothing(self):
        self.run_try("reset", "1a", code=2, err="reset: there is no copy in "
                     "%s/1a; make try-1a makes one\n" % self.play)
        self.run_try("try", "1a")
        self.edit("// mine")
        self.assertIn("play/1a.old-1", self.run_try("reset", "1a"))
        self.assertNotIn("// mine", self.read())
        self.assertIn("// mine", self.read("1a.old-1"))
        self.assertIn("as the exercise begins", self.run_try("reset", "1a"))
        self.assertFalse(os.path.exists(self.path("1a.old-2")))

    def test_an_exercise_that_is_not_there(self):
        for action in "try", "hint", "answer", "reset":
            self.run_try(action, "9z", code=2, err='There is no exercise "9z".'
                         " There are: 1a 1b\n")

    def test_a_build_that_fails(self):
        self.run_try("try", "1a")
        self.edit("#error not now")
        child = self.start("try", "1a")
        out, said = child.communicate(timeout=LIMIT * 3)
        self.assertEqual((child.returncode, out), (1, ""))
        self.assertIn("not now", said)
        self.assertNotIn("make", said)
        self.assertFalse(os.path.exists(self.path("1a", ".done")))

    def test_watching(self):
        self.run_try("try", "1a")
        child = self.start("try", "1a", WATCH="1")
        for line in child.stdout:
            if line.startswith("Watching"):
                break
        self.edit("#define EXTRA")
        out, said = child.communicate(timeout=LIMIT * 3)
        self.assertEqual((child.returncode, said), (0, ""))
        self.assertIn("Yes: ", out)

    def still_there(self, group):
        """Processes of the session, but those that are only not waited for."""
        found = subprocess.run(
            ["ps", "-eo", "pid,sess,stat,args"], stdout=subprocess.PIPE,
            text=True, check=True).stdout
        return [line for line in found.splitlines()
                if line.split()[1] == str(group) and line.split()[2][0] != "Z"]

    @unittest.skipUnless(shutil.which("ps"), "no ps")
    def test_ctrl_c_leaves_nothing(self):
        mark = os.path.basename(self.tmp)
        self.write("1a", ENDLESS % mark)
        self.run_try("try", "1a")
        for number in signal.SIGINT, signal.SIGTERM:
            child = self.start("try", "1a", TMPDIR=self.tmp, UNCHANGED="1")
            end = time.monotonic() + LIMIT
            running = os.path.join(self.tmp, mark)
            while not os.path.exists(running):
                self.assertLess(time.monotonic(), end)
                time.sleep(0.02)
            os.unlink(running)
            child.send_signal(number)
            child.communicate(timeout=LIMIT)
            self.assertNotEqual(child.returncode, 0)
            while self.still_there(child.pid) and time.monotonic() < end:
                time.sleep(0.05)
            self.assertEqual(self.still_there(child.pid), [])
            self.assertEqual([name for name in os.listdir(self.tmp)
                              if name.startswith("tmp.")], [])


if __name__ == "__main__":
    unittest.main()
