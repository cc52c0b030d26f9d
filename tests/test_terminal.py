#!/usr/bin/env python3
"""The foreground of the terminal, and the output to a terminal. Each test gets
a terminal of its own (a pseudo-terminal). Standard library only.

    BUILD=build python3 tests/test_terminal.py [-v]
"""

import os
import pty
import re
import select
import signal
import sys
import time
import traceback
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, os.environ.get("BUILD") or "build")
HARNESS = os.path.join(BUILD, "harness")
ANIMALS = os.path.join(BUILD, "02-threads", "animals")
CRAWL = os.path.join(BUILD, "02-threads", "crawl")
LIMIT = 60


def on_a_terminal(function):
    """Runs the function in a process that leads a session on a new terminal.
    Returns the output on the terminal; fails if the function failed."""
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.environ.update(BUILD=BUILD, PACE="0.1")
            function()
            os._exit(0)
        except BaseException:  # not into the test runner of this copy
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    shown = b""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux says EIO when the last one has closed it
            break
        if not piece:
            break
        shown += piece
    else:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    text = shown.decode(errors="replace")
    assert status == 0, "ended with %d:\n%s" % (status, text)
    return text


def start(words, foreground):
    """A program in a process group of its own, as a shell starts a job."""
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        if foreground:
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            os.tcsetpgrp(0, os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execv(words[0], words)
    try:
        os.setpgid(pid, pid)
    except OSError:
        pass  # it has done so itself, and is a program already
    return pid


def has_terminals():
    try:
        for end in pty.openpty():
            os.close(end)
        return True
    except OSError:
        return False


@unittest.skipUnless(has_terminals(), "no pseudo-terminals here")
class Terminal(unittest.TestCase):
    def test_a_harness_in_the_background_leaves_it_alone(self):
        """A shell that loses its terminal logs out."""
        def shell():
            pid = start([HARNESS, "run", ANIMALS, "cow"], False)
            while os.waitpid(pid, os.WNOHANG) == (0, 0):
                assert os.tcgetpgrp(0) == os.getpgrp(), "it was taken"
            assert os.tcgetpgrp(0) == os.getpgrp(), "it was taken at the end"
        self.assertIn('The cow says "Moo!".', on_a_terminal(shell))

    def test_a_harness_in_the_foreground_lends_it(self):
        """The stage gets Ctrl-C, and not the harness; afterwards the harness
        has the terminal again."""
        def shell():
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            pid = start([HARNESS, "run", ANIMALS, "cow"], True)
            seen = set()
            while os.waitpid(pid, os.WNOHANG) == (0, 0):
                seen.add(os.tcgetpgrp(0))
            assert seen - {pid, os.getpgrp()}, "the stage never had it"
            assert os.tcgetpgrp(0) == pid, "the harness did not take it back"
            os.tcsetpgrp(0, os.getpgrp())
        on_a_terminal(shell)

    def crawl(self, *options):
        site = "/site/n400,k20,d30/"
        return on_a_terminal(lambda: os.execv(HARNESS, [
            HARNESS, "run", "/bin/sh", "-c",
            'exec "$0" "$@" "$FARM%s"' % site, CRAWL, *options]))

    def test_animals_that_are_quiet_show_how_far_they_are(self):
        shown = on_a_terminal(lambda: os.execv(HARNESS, [
            HARNESS, "run", ANIMALS, "-q", "--count", "300", "--max-tasks",
            "20", "--delay", "400"]))
        self.assertRegex(shown, r"\r\x1b\[K\d+ of 300 animals have answered, "
                         r"0 failed, \d+ a second")
        self.assertTrue(shown.endswith("\r\x1b[K"), "the line is still there")

    def test_a_crawl_shows_how_far_it_is(self):
        shown = self.crawl()
        self.assertRegex(shown, r"\r\x1b\[K\d+ pages, \d+ queued, "
                         r"\d+ in flight, 0 errors, \d+ pages a second")
        # It is gone before the report.
        _, _, report = shown.rpartition("\r\x1b[K")
        self.assertTrue(report.startswith("http://"), report[:100])
        self.assertIn("Finished 400 urls", report)
        for option in "-q", "-v":
            self.assertNotIn("\x1b", self.crawl(option))

    def test_nothing_of_it_in_a_pipe(self):
        read, write = os.pipe()
        shown = on_a_terminal(lambda: (os.dup2(write, 2), os.execv(HARNESS, [
            HARNESS, "run", ANIMALS, "-q", "--count", "300", "--max-tasks",
            "20", "--delay", "400"])))
        os.close(write)
        with open(read, "rb") as pipe:
            self.assertEqual(pipe.read(), b"")
        self.assertEqual(shown, "")


if __name__ == "__main__":
    unittest.main()
