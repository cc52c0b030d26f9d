#!/usr/bin/env python3
"""The page of make replay, in a browser without a window. Standard library
only; skipped where there is no Chromium (in CI there must be one).

    BUILD=build python3 tests/replay.py [-v]
"""

import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("BUILD") or "build"
PAGE = os.path.join(ROOT, BUILD, "replay.html")
BROWSERS = "chromium", "chromium-browser", "google-chrome", "chrome"
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
MOST_BYTES = 700000


def record(**variables):
    """Runs make replay, and returns the page."""
    unset = "STAGE", "VARIANT", "N", "DELAY", "PACE", "TASKS", "TYPING"
    environment = {k: v for k, v in os.environ.items() if k not in unset}
    environment.update(BUILD=BUILD, **variables)
    began = time.monotonic()
    run = subprocess.run(["sh", "common/scripts/replay.sh"], cwd=ROOT,
                         env=environment, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, timeout=300)
    if run.returncode != 0:
        raise AssertionError(run.stdout)
    print("%s (%.0f s)" % (run.stdout.strip(), time.monotonic() - began))
    with open(PAGE, encoding="utf-8") as page:
        return page.read()


def look(page, size):
    """What tests/replay.js finds in the page: lines that tell of faults, and
    the number of checks."""
    path = os.path.join(ROOT, "tests", "replay.js")
    with open(path, encoding="utf-8") as file:
        script = file.read()
    page = page.replace("</body>", "<script>%s</script></body>" % script)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "replay.html")
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)
        words = [BROWSER, "--headless", "--disable-gpu", "--dump-dom",
                 "--window-size=" + size, "--user-data-dir=" + folder,
                 "--enable-logging=stderr", "file://" + path]
        if os.getuid() == 0:
            words.insert(1, "--no-sandbox")
        run = subprocess.run(words, text=True, timeout=300,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    found = re.search(r'<pre id="result">(.*?)</pre>\s*</body>', run.stdout,
                      re.S)
    if found is None:
        errors = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
        raise AssertionError("the page's script has failed: %s" % errors)
    *faults, checks = html.unescape(found[1]).splitlines()
    return faults, int(checks.split()[0])


@unittest.skipUnless(BROWSER or os.environ.get("CI"), "no Chromium here")
class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if BROWSER is None:
            raise AssertionError("no Chromium: %s" % ", ".join(BROWSERS))

    def check(self, page, size):
        faults, checks = look(page, size)
        self.assertEqual(faults, [])
        self.assertGreater(checks, 100)

    def test_broken_variants(self):
        """Two of them; the third is in the page of all stages."""
        page = record(VARIANT="animals_unqueued animals_interleaved",
                      PACE="0.5")
        self.check(page, "1280,800")

    def test_a_copy(self):
        """A participant's, if there is one."""
        copy = os.path.join(ROOT, "play", "04-callbacks")
        if not os.path.exists(copy):
            shutil.copytree(os.path.join(ROOT, "04-callbacks"), copy)
            self.addCleanup(shutil.rmtree, copy)
        page = record(STAGE="play-4")
        self.assertIn('"folder":"play/04-callbacks"', page)
        self.check(page, "1280,800")

    def test_other_settings(self):
        self.check(record(STAGE="2 4", SELECTOR="poll", TASKS="3", PACE="0.3"),
                   "1280,800")

    def test_without_a_stage_or_a_variant(self):
        for variables in {"STAGE": "7"}, {"VARIANT": "none"}, {
                "VARIANT": "animals_deadlock"}:
            with self.assertRaisesRegex(AssertionError, "replay: "):
                record(**variables)

    def test_z_all_stages(self):  # the last: its page stays in the build folder
        page = record()
        self.assertLess(len(page.encode()), MOST_BYTES)
        self.assertEqual(page.count('class="recording"'), 7)
        for size in "1280,800", "1920,1080":
            with self.subTest(size=size):
                self.check(page, size)


if __name__ == "__main__":
    if not BROWSER and "CI" not in os.environ:
        print("check-replay: skipped: no Chromium (Debian: chromium)")
    unittest.main()
