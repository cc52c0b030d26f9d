#!/usr/bin/env python3
"""The parts of bench/bench.py that run other programs and judge their numbers.

    python3 tests/test_bench.py
"""

import os
import resource
import signal
import sys
import tempfile
import unittest

sys.path.insert(0, "bench")
import bench  # noqa: E402


class IdleFarm:
    """In place of a farm: nothing is sent to it."""

    url = "http://127.0.0.1:1"
    processors = sorted(os.sched_getaffinity(0)) if hasattr(
        os, "sched_getaffinity") else [0]

    def stats(self, _what=""):
        return {"peak_concurrency": 10}


class Run(unittest.TestCase):
    def run_script(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/program"
            with open(path, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\n" + text)
            os.chmod(path, 0o755)
            signal.alarm(30)  # ends the test if the program never ends
            try:
                return bench.run(path, IdleFarm(), 10, 10, 0)
            finally:
                signal.alarm(0)

    def test_measures_a_program(self):
        cpu, _, wall = self.run_script("exit 0\n")
        self.assertGreaterEqual(cpu, 0)
        self.assertGreater(wall, 0)

    def test_more_errors_than_a_pipe_holds(self):
        with self.assertRaisesRegex(bench.Failed, "^no more files$"):
            self.run_script(
                "i=0; while [ $i -lt 20000 ]; do echo no more files >&2; "
                "i=$((i + 1)); done; exit 1\n")

    def test_an_exit_code_without_a_word(self):
        with self.assertRaisesRegex(bench.Failed, "exit code 3"):
            self.run_script("exit 3\n")

    def test_a_complaint_with_exit_code_0(self):
        with self.assertRaisesRegex(bench.Failed, "clamped"):
            self.run_script("echo clamped >&2\n")


class Judge(unittest.TestCase):
    def test_a_value_and_its_target(self):
        self.assertEqual(bench.compare(1.5, None), "1.50")
        self.assertEqual(bench.compare(1.5, 1.6), "1.50 of 1.60")
        self.assertEqual(bench.compare(751, 700, "%.0f"), "751 of 700 !")

    def test_what_fits_into_the_limit_of_open_files(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if hard == resource.RLIM_INFINITY:
            self.assertTrue(bench.fits(10 ** 9))
        else:
            self.assertTrue(bench.fits(hard - 100))
            self.assertFalse(bench.fits(hard - 99))


if __name__ == "__main__":
    unittest.main()
