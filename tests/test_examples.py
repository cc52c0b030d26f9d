#!/usr/bin/env python3
"""The examples: each one that is built runs to its end. Those that always print
the same have it in tests/expected/NAME.out; what the others print must make
sense. The patches among them fit the stage that they break."""

import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from support import BUILD, ENVIRONMENT, IS_SLOW, LIMIT, ROOT, Farm

EXPECTED = os.path.join(ROOT, "tests", "expected")


def name_of(path):
    return os.path.splitext(os.path.basename(path))[0]


def find(ending):
    return sorted(glob.glob(os.path.join(ROOT, "0*", "examples", "*" + ending)))


def program(source):
    path = os.path.join(BUILD, os.path.relpath(source, ROOT))
    return os.path.splitext(path)[0]


def number(text):
    return float(text.replace(",", ""))


class Examples(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.mkdtemp(prefix="examples-")
        cls.addClassCleanup(shutil.rmtree, cls.tmp)
        cls.farm = Farm(cls.tmp, "--pace", "0.2")
        cls.addClassCleanup(cls.farm.stop)

    def run_example(self, source, **environment):
        run = subprocess.run(
            [program(source)], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=LIMIT,
            env={**ENVIRONMENT, "FARM": self.farm.url, **environment})
        self.assertEqual((run.returncode, run.stderr), (0, ""), source)
        return run.stdout

    # What the named example prints, where it is not always the same.

    def check_lost_update(self, out):
        found, due, lost = map(int, re.search(
            r": (\d+), not (\d+)\. (\d+) updates lost\.$", out).groups())
        self.assertEqual(found + lost, due)
        self.assertGreaterEqual(lost, 0)

    def check_spin(self, out):
        lines = re.findall(r"^(.*): +([\d,]+) questions, (\d+) answers, "
                           r"wall ([\d.]+) s, CPU ([\d.]+) s", out, re.M)
        self.assertEqual([line[0] for line in lines], ["hot loop", "poll()"])
        (hot, polled) = [list(map(number, line[1:])) for line in lines]
        self.assertEqual(hot[1], 12)
        self.assertEqual(polled[1], 12)
        self.assertGreater(hot[0], 100 * hot[1])
        # Begin, connected, received; more only if an answer came in pieces.
        self.assertIn(polled[0], range(36, 50))
        if not IS_SLOW:
            self.assertGreater(hot[3], 5 * polled[3])

    def check_tickers(self, out):
        late = self.lateness(out)
        self.assertGreaterEqual(min(late), 0)
        self.assertGreaterEqual(max(late), 150)  # behind the slow callback
        self.assertIn("dropped", out)

    def lateness(self, out):
        lines = out.splitlines()
        self.assertIn("a callback takes 200 ms", out)
        found = re.findall(r"^[\d.]+ s  every +\d+ ms +([\d.]+) ms late", out,
                           re.M)
        self.assertEqual(len(found) + 1, len(lines), out)
        return list(map(float, found))

    def test_tickers_are_on_time_where_time_is_virtual(self):
        for source in find("/tickers.c"):
            out = self.run_example(source, CLOCK="virtual")
            self.assertEqual([ms for ms in self.lateness(out) if ms > 0],
                             [170, 120])
            self.assertEqual(out.count(", 1 dropped"), 2)


def add(source):
    name = name_of(source)

    def test(self):
        if not os.path.exists(program(source)):
            self.skipTest("not built")
        out = self.run_example(source)
        expected = os.path.join(EXPECTED, name + ".out")
        check = getattr(self, "check_" + name, None)
        if os.path.exists(expected):
            with open(expected, encoding="utf-8") as file:
                self.assertEqual(out, file.read())
        elif check is not None:
            check(out)
        else:
            self.assertNotEqual(out, "")

    setattr(Examples, "test_" + name, test)


def add_patch(source):
    @unittest.skipUnless(shutil.which("patch"), "no patch")
    def test(self):
        run = subprocess.run(
            ["patch", "--dry-run", "--fuzz=0", "-p1", "-i", source], cwd=ROOT,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=LIMIT)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertNotIn("offset", run.stdout)

    setattr(Examples, "test_patch_" + name_of(source), test)


for each in find(".c"):
    add(each)
for each in find(".patch"):
    add_patch(each)

if __name__ == "__main__":
    unittest.main()
