#!/usr/bin/env python3
"""The examples: each example that is built runs to its end. If an example
always prints the same, its output is in tests/expected/NAME.out (and NAME.err,
if stderr is not empty), and it runs on the virtual clock; other output must
make sense. If two stages have an example of the same name, NAME begins with the
stage's number. An example that is a patch must fit the stage that it breaks."""

import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from support import BUILD, ENVIRONMENT, IS_SLOW, LIMIT, ROOT, Farm

SERVERS = "radecho", "chat"  # see test_servers.py
EXPECTED = os.path.join(ROOT, "tests", "expected")


def name_of(path):
    return os.path.splitext(os.path.basename(path))[0]


def find(ending):
    return sorted(glob.glob(os.path.join(ROOT, "0*", "examples", "*" + ending)))


def stage_of(path):
    return os.path.relpath(path, ROOT)[:2]


def expected(source, ending):
    """The expected output of an example, or None if the output varies."""
    for name in (stage_of(source) + "-" + name_of(source), name_of(source)):
        path = os.path.join(EXPECTED, name + ending)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return file.read()
    return None


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
        self.assertEqual((run.returncode, run.stderr),
                         (0, expected(source, ".err") or ""), source)
        return run.stdout

    # One check for each example whose output varies.

    def check_lost_update(self, out):
        found, due, lost = map(int, re.search(
            r": (\d+), not (\d+)\. (\d+) updates lost\.$", out).groups())
        self.assertEqual(found + lost, due)
        self.assertGreater(lost, 0)

    def check_outside(self, out):
        lines = out.splitlines()
        child = [line for line in lines if line.startswith("child: ")]
        self.assertEqual(child, ["child: line 1", "child: line 2",
                                 "child: line 3", "child: exit code 7"])
        calls = int(re.search(r"^thread: 1000 pokes, (\d+) calls", out,
                              re.M).group(1))
        self.assertLess(calls, 1000)
        self.assertIn("signal: printf() is allowed here, and was not in the "
                      "handler", lines)
        self.assertEqual(len(lines), 6)

    def check_run_blocking(self, out):
        lines = out.splitlines()
        self.assertIn(lines[0].split(": ")[1], (
            "Operation not permitted",
            "at once; poll() says so of any file"))
        self.assertEqual(lines[1],
                         'run_blocking(read): The cow says "Moo!".')
        ticks = [int(n) for n in re.findall(r": (\d+) ticks meanwhile", out)]
        self.assertEqual(len(ticks), 4)
        self.assertEqual((ticks[0], ticks[2]), (0, 0))
        self.assertGreater(ticks[1], 0)  # 30, where nothing else runs
        self.assertGreater(ticks[3], 0)
        late = float(re.search(r"on 4 threads: ([\d.]+) s$", out).group(1))
        self.assertGreaterEqual(late, 0.25)

    def check_spin(self, out):
        lines = re.findall(r"^(.*): +(\d{1,3}(?:,\d{3})*) questions, (\d+) answers, "
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

    def broken(self, name):
        """The crawl of stage 6 with a patch, its arguments, what it printed."""
        source = "06-async-await-style/examples/%s.patch" % name
        if not shutil.which("patch") or BUILD != os.path.join(ROOT, "build"):
            self.skipTest("no patch, or not the ordinary build")
        run = subprocess.run(
            ["sh", "common/scripts/broken.sh", source], cwd=ROOT,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=10 * LIMIT, env={**ENVIRONMENT, "BUILD": "build"})
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        return self.crawl(os.path.join(BUILD, "play/broken", name))

    def crawl(self, folder):
        return subprocess.run(
            [os.path.join(folder, "06-async-await-style/crawl"),
             "--max-tasks", "3", self.farm.url + "/site/",
             self.farm.url + "/chaos/garbage"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=LIMIT, env=ENVIRONMENT)

    def test_the_crawler_on_a_queue_finds_the_same(self):
        run, stage = self.broken("crawl_queue"), self.crawl(BUILD)
        def rows(out):
            return [re.sub(r"\d+/\d+", "", line) for line in out.splitlines()
                    if not line.startswith("Finished")]
        self.assertEqual((run.returncode, run.stderr), (1, ""))  # garbage
        self.assertEqual(rows(run.stdout), rows(stage.stdout))

    def test_a_worker_that_fails_before_queue_done(self):
        run = self.broken("crawl_queue_lost")
        self.assertEqual(run.returncode, -signal.SIGABRT)
        lines = run.stderr.splitlines()
        self.assertIn("task worker() failed, and nobody asked: ", lines[0])
        self.assertEqual(lines[1], "deadlock: all tasks wait for one another")
        self.assertIn("await(queue_join(&queue))", lines[4])
        self.assertEqual(run.stderr.count("await(queue_get(&queue, &page))"), 2)


def add(source):
    stage, name = stage_of(source), name_of(source)

    def test(self):
        if not os.path.exists(program(source)):
            self.skipTest("not built")
        due = expected(source, ".out")
        if due is not None:
            self.assertEqual(self.run_example(source, CLOCK="virtual"), due)
            return
        out = self.run_example(source)
        check = (getattr(self, "check_%s_%s" % (stage, name), None)
                 or getattr(self, "check_" + name, None))
        if check is not None:
            check(out)
        else:
            self.assertNotEqual(out, "")

    setattr(Examples, "test_%s_%s" % (stage, name), test)


def add_patch(source):
    @unittest.skipUnless(shutil.which("patch"), "no patch")
    def test(self):
        run = subprocess.run(
            ["patch", "--dry-run", "--fuzz=0", "-p1", "-i", source], cwd=ROOT,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=LIMIT)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertNotIn("offset", run.stdout)

    setattr(Examples, "test_patch_%s_%s" % (stage_of(source), name_of(source)),
            test)


for each in find(".c"):
    if name_of(each) not in SERVERS:
        add(each)
for each in find(".patch"):
    add_patch(each)

if __name__ == "__main__":
    unittest.main()
