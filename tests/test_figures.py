#!/usr/bin/env python3
"""Are the figures of bench/figures what bench/figures.py draws, and can they
be read?

    python3 tests/test_figures.py
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

SVG = "{http://www.w3.org/2000/svg}"
FIGURES = sorted(glob.glob("bench/figures/*.svg"))
EXPLAINING = 13  # figures that need no data
OF_DATA = 11


def draw(*options, folder="."):
    """Runs figures.py; returns its exit code and its output."""
    environment = dict(os.environ, BUILD="build")
    child = subprocess.run([sys.executable, "bench/figures.py", *options],
                           cwd=folder, env=environment, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return child.returncode, child.stdout


def copy_without_data(folder):
    """Copies what the figures are drawn from, except for the data."""
    os.makedirs(folder + "/bench")
    for path in glob.glob("bench/*.py"):
        shutil.copy(path, folder + "/bench")
    sources = glob.glob("0*/*.[chS]") + ["tests/expected/together.out"]
    for path in sources:
        os.makedirs(os.path.dirname(folder + "/" + path), exist_ok=True)
        shutil.copy(path, folder + "/" + path)


class Files(unittest.TestCase):
    def test_are_current(self):
        code, output = draw("--check")
        self.assertEqual((code, output), (0, "All figures are current.\n"))

    def test_are_all_there(self):
        self.assertEqual(len(FIGURES), EXPLAINING + OF_DATA)

    def test_have_a_title_and_a_description(self):
        for path in FIGURES:
            with self.subTest(path):
                root = xml.etree.ElementTree.parse(path).getroot()
                self.assertEqual(root.get("role"), "img")
                self.assertEqual(root.get("width"), "720")
                for name in "title", "desc":
                    self.assertTrue(root.find(SVG + name).text)

    def test_have_no_small_text_and_two_themes(self):
        for path in FIGURES:
            with self.subTest(path), open(path, encoding="utf-8") as file:
                text = file.read()
                sizes = map(int, re.findall(r"font-size:(\d+)px", text))
                self.assertGreaterEqual(min(sizes), 13)
                self.assertIn("prefers-color-scheme:dark", text)

    def test_of_data_name_machine_date_and_command(self):
        for path in FIGURES:
            with open(path, encoding="utf-8") as file:
                text = file.read()
            if "make results" in text:
                with self.subTest(path):
                    self.assertRegex(text, r"processors, Linux .*, \d{4}-\d\d")
                    self.assertRegex(text, r">make (bench|stage-)")


class Drawing(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = self.temporary.name + "/copy"
        copy_without_data(self.folder)

    def test_without_data_skips_and_goes_on(self):
        code, output = draw(folder=self.folder)
        self.assertEqual(code, 0, output)
        self.assertEqual(output.count("drawn: "), EXPLAINING, output)
        self.assertEqual(output.count("skipped: "), OF_DATA, output)
        self.assertIn("skipped: memory.svg: needs make bench", output)
        self.assertIn("skipped: timeline-1.svg: needs make stage-1", output)

    def test_finds_a_stale_and_a_surplus_file(self):
        draw(folder=self.folder)
        figures = self.folder + "/bench/figures"
        with open(figures + "/bar.svg", "a", encoding="utf-8") as file:
            file.write("\n")
        shutil.copy(figures + "/race.svg", figures + "/surplus.svg")
        code, output = draw("--check", folder=self.folder)
        self.assertEqual(code, 1)
        self.assertIn("bar.svg: stale, run make figures", output)
        self.assertIn("surplus.svg: nothing draws it", output)

    def test_notices_that_the_code_has_changed(self):
        path = self.folder + "/06-async-await-style/switch_asm.S"
        with open(path, "w", encoding="utf-8") as file:
            file.write("ret\n")
        code, output = draw(folder=self.folder)
        self.assertEqual(code, 1)
        self.assertIn("not drawn: stack-switch.svg: 06-async-await-style/"
                      "switch_asm.S has no line with movq", output)

    def test_renews_nothing_without_a_full_bench(self):
        os.makedirs(self.folder + "/build")
        with open(self.folder + "/build/bench.csv", "w",
                  encoding="utf-8") as file:
            file.write("case,program,round,value,bytes,wall_s\n"
                       "machine,\"a machine\"\n"
                       "\"sweep, s\",02-threads at 10,1,0.3\n")
        code, output = draw("--renew", folder=self.folder)
        self.assertEqual(code, 1)
        self.assertIn("not renewed: bench/results.csv: build/bench.csv has no "
                      "table \"one switch, ns\"", output)
        self.assertFalse(os.path.exists(self.folder + "/bench/results.csv"))


if __name__ == "__main__":
    unittest.main()
