#!/usr/bin/env python3
"""make fork: the folder builds alone, with each compiler that is here; its
programs run; one changed file compiles one file; an engine alone has no HTTP."""

import os
import shutil
import subprocess
import tempfile
import unittest

from support import ENVIRONMENT, IS_SLOW, LIMIT, ROOT, Farm

QUIET = {name: value for name, value in ENVIRONMENT.items()
         if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CC", "CFLAGS")}
COMPILERS = [cc for cc in ("gcc", "clang") if shutil.which(cc)] or ["cc"]
HELLO = """#include "%s"
int main(void)
{
    return 0;
}
"""


@unittest.skipIf(IS_SLOW, "the folders build without sanitizers")
class Fork(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.mkdtemp(prefix="fork-")
        self.addCleanup(shutil.rmtree, self.tmp)
        self.to = os.path.join(self.tmp, "to")

    def run_in(self, folder, *words, code=0):
        run = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, env=QUIET,
                             timeout=10 * LIMIT)
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return run.stdout + run.stderr

    def fork(self, *words, code=0):
        return self.run_in(ROOT, "make", "-s", "fork", "TO=" + self.to, *words,
                           code=code)

    def build(self, cc=COMPILERS[0]):
        """Builds, without warnings, and returns the files that were compiled."""
        out = self.run_in(self.to, "make", "CC=" + cc, "CFLAGS=-O0",
                          "WARNINGS=-Wall -Wextra -Werror")
        return [line.split()[line.split().index("-c") + 1]
                for line in out.splitlines() if " -c " in line]

    def check(self, header, program, *arguments):
        for cc in COMPILERS:
            self.build(cc)
            out = self.run_in(self.to, os.path.join(self.to, program),
                              *arguments)
            self.run_in(self.to, "make", "clean")
        self.build()
        os.utime(os.path.join(self.to, "timers.c"))
        self.assertEqual(self.build(), ["timers.c"])
        with open(os.path.join(self.to, "hello.c"), "w") as file:
            file.write(HELLO % header)
        makefile = os.path.join(self.to, "Makefile")
        with open(makefile) as file:
            text = file.read()
        with open(makefile, "w") as file:
            file.write(text.replace("PROGRAMS = ", "PROGRAMS = hello "))
        self.assertEqual(self.build(), ["hello.c"])
        self.run_in(self.to, "./hello")
        with open(os.path.join(self.to, "README.md")) as file:
            readme = file.read()
        self.assertLess(len(readme.splitlines()), 60)
        self.assertIn("first:** `%s`" % header, readme)
        for name in os.listdir(self.to):
            if name.endswith(".h"):
                self.assertIn("- `%s`: " % name, readme)
        self.assertIn("LICENSE", os.listdir(self.to))
        return out

    def stage(self, number):
        self.fork("STAGE=%d" % number)
        farm = Farm(self.tmp)
        self.addCleanup(farm.stop)
        out = self.check("fetch.h", "animals", "--server", farm.url, "rooster")
        self.assertEqual(out, 'The rooster says "Cock-a-Doodle-Doo!".\n')
        names = os.listdir(self.to)
        for name in ("chaos.c", "site.c", "farm.c"):
            self.assertNotIn(name, names)

    def engine(self, number, header, greeting):
        self.fork("STAGE=%d" % number, "ONLY=engine")
        self.assertEqual(self.check(header, "main"), greeting)
        names = os.listdir(self.to)
        self.assertEqual("mailbox.c" in names, number == 6)
        for name in ("http.c", "fetch.c", "options.c", "timing.c", "herd.c"):
            self.assertNotIn(name, names)

    def test_stage_4(self):
        self.stage(4)

    def test_stage_5(self):
        self.stage(5)

    def test_stage_6(self):
        self.stage(6)

    def test_engine_of_4(self):
        self.engine(4, "loop.h", "Hello, loop.\n")

    def test_engine_of_5(self):
        self.engine(5, "task.h", "Hello, task.\n")

    def test_engine_of_6(self):
        self.engine(6, "async.h", "Hello, await.\n")

    def test_earlier_stages_have_no_engine(self):
        self.fork("STAGE=1")
        self.build()
        shutil.rmtree(self.to)
        self.assertIn("no engine", self.fork("STAGE=1", "ONLY=engine", code=2))

    def test_nothing_is_overwritten(self):
        os.mkdir(self.to)
        with open(os.path.join(self.to, "mine.c"), "w") as file:
            file.write("\n")
        self.assertIn("not empty", self.fork("STAGE=4", code=2))
        self.assertEqual(os.listdir(self.to), ["mine.c"])

    def test_usage(self):
        for words, text in (
                (["STAGE="], "usage: make fork"),
                (["STAGE=7"], "there is no stage 7"),
                (["STAGE=4", "ONLY=loop"], "ONLY=loop is unknown")):
            self.assertIn(text, self.fork(*words, code=2))


if __name__ == "__main__":
    unittest.main()
