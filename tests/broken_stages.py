#!/usr/bin/env python3
"""Breaks stages in the ways in which participants break them: does
`make grade-N` name each mistake? Standard library only. Works in a copy of the
repository, so that no play/ is touched.

    BUILD=build python3 tests/broken_stages.py [-v] [NAME...]
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("BUILD") or "build"
LIMIT = "10"  # seconds: the machine is busy with other tests, too

# name, stage, file, old text, new text, words of the grade
BROKEN = [
    ("state_never_set", "03-nonblocking", "fetch.c",
     "    f->state = FETCH_RECEIVING;\n", "", "does not ask again and again"),
    ("blocking_socket", "03-nonblocking", "fetch.c",
     "net_socket_nonblocking(", "net_socket(", "within %s s" % LIMIT),
    ("no_close", "03-nonblocking", "fetch.c",
     "    close(f->fd);\n", "", "No descriptor is left open"),
    ("again_is_an_error", "03-nonblocking", "fetch.c",
     "    n = net_due(n, f->fd, f->deadline);\n"
     "    if (n == -EAGAIN)\n        return n; // for now\n", "",
     "within %s s" % LIMIT),
    ("deadline_ignored", "03-nonblocking", "fetch.c",
     "    f->deadline = clock_now() + f->timeout;\n",
     "    f->deadline = CLOCK_NEVER;\n", "within %s s" % LIMIT),
    ("both_directions", "03-nonblocking", "animals.c",
     "s->f.state == FETCH_RECEIVING ? POLLIN : POLLOUT", "POLLIN | POLLOUT",
     "does not ask again and again"),
    ("no_broadcast", "02-threads", "crawl.c",
     "    pthread_cond_broadcast(&changed);\n    pthread_mutex_unlock", "    "
     "pthread_mutex_unlock", ""),
    ("no_queue_lock", "02-threads", "animals.c", None, None,
     "the same memory"),
    ("no_forget", "04-callbacks", "fetch.c",
     "    loop_forget(&f->watch, f->fd);\n", "", ""),
    ("a_wake_that_runs", "05-coroutines", "task.c",
     "loop_soon(&task->call, resume, task);", "resume(task);", "comes to an end"),
    ("lock_not_given_back", "06-async-await-style", "animals.c",
     "    lock_give(&screen);\n", "", "does not crash"),
]


def without_queue_lock(text):
    """animals.c of stage 2, with a next_animal() that takes no lock."""
    start = text.index("next_animal(void)")
    end = text.index("\n}\n", start)
    lines = [line for line in text[start:end].split("\n")
             if "pthread_mutex" not in line]
    return text[:start] + "\n".join(lines) + text[end:]


class Broken(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.copy = tempfile.mkdtemp(prefix="grade-")
        cls.addClassCleanup(shutil.rmtree, cls.copy)
        for name in os.listdir(ROOT):
            if name[0] in "0Mcbt" and name != "build":
                one = os.path.join(ROOT, name)
                two = os.path.join(cls.copy, name)
                (shutil.copytree if os.path.isdir(one)
                 else shutil.copy2)(one, two)
        for name in ("flags", "farm", "harness", "common"):
            one = os.path.join(ROOT, BUILD, name)
            two = os.path.join(cls.copy, "build", name)
            os.makedirs(os.path.dirname(two), exist_ok=True)
            (shutil.copytree if os.path.isdir(one) else shutil.copy2)(one, two)

    def make(self, *words):
        run = subprocess.run(
            [os.environ.get("MAKE") or "make", "-C", self.copy, "-s",
             "--no-print-directory", *words], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
            env={**{key: value for key, value in os.environ.items() if key
                    not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "BUILD")},
                 "LIMIT": LIMIT, "CAUSES": "1"})
        return run.returncode, run.stdout.decode()

    def copy_stage(self, stage, file=None, change=None):
        folder = os.path.join(self.copy, "play", stage)
        shutil.rmtree(folder, ignore_errors=True)
        for build in "build", "build/tsan":  # files keep their times
            shutil.rmtree(os.path.join(self.copy, build, "play"),
                          ignore_errors=True)
        shutil.copytree(os.path.join(ROOT, stage), folder)
        if file is not None:
            path = os.path.join(folder, file)
            with open(path) as stream:
                text = stream.read()
            changed = change(text)
            self.assertNotEqual(text, changed, "nothing is broken")
            with open(path, "w") as stream:
                stream.write(changed)

    def test_unchanged(self):
        self.copy_stage("02-threads")
        code, said = self.make("grade-2")
        self.assertEqual(code, 0, said)
        self.assertIn("as they should be", said)
        if "-v" in sys.argv:
            print(said)


def _broken(stage, file, old, new, words):
    def test(self):
        change = (lambda text: text.replace(old, new)) if old is not None \
            else without_queue_lock
        self.copy_stage(stage, file, change)
        code, said = self.make("grade-" + stage[1])
        if "-v" in sys.argv:
            print(said)
        self.assertNotEqual(code, 0, said)
        self.assertIn("      expected  ", said)
        self.assertIn(words, said)
        self.assertNotIn("Traceback", said)
    return test


for _name, *_row in BROKEN:
    setattr(Broken, "test_" + _name, _broken(*_row))

if __name__ == "__main__":
    unittest.main()
