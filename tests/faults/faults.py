#!/usr/bin/env python3
"""One call fails, in every place, in every way that it may, in every program.

    make faults [STAGES="1 6"] [EVERY=N]

For each function and errno the first call is made to fail, then the second, and
so on until a run makes no such call any more (EVERY=7: every seventh, for a
quick look). Each run must end in time, without a crash and without a leak that
AddressSanitizer can find. A run may succeed only if the result is complete. It
must succeed after a harmless error such as EINTR; otherwise it must fail with a
message.

Ctrl-C must be noticed everywhere: it comes just before a call, and the run must
end with a report of the work done. A Ctrl-C that is lost between the last check
and a wait shows only in long pauses: in a further run all pauses are 100 s, and
Ctrl-C before any call has to end this run at once.
"""

import collections
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import ROOT, Farm  # noqa: E402

BUILD = os.environ.get("FAULTS_BUILD") or os.path.join(ROOT, "build", "faults")
EVERY = int(os.environ.get("EVERY") or 1)
JOBS = int(os.environ.get("JOBS") or os.cpu_count() or 1)
LIMIT = 30  # seconds: a run takes a tenth of one
MOST = 5000  # calls; more would be a loop without an end
CRASH = 99
LONG = 1000  # times longer than they should be are the pauses of the patient
AT_ONCE = 10  # seconds: a tenth of such a pause
AT_REST = 2  # seconds, after which a patient program makes no call any more

SOCKET = ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]
FAULTS = {
    "socket": SOCKET,
    "connect": ["EINTR", "ECONNREFUSED", "EHOSTUNREACH", "EADDRNOTAVAIL"],
    "send": ["EINTR", "EAGAIN", "short", "ECONNRESET", "EPIPE", "ENOBUFS"],
    "recv": ["EINTR", "EAGAIN", "short", "ECONNRESET", "ENOMEM"],
    "setsockopt": ["ENOMEM", "EINVAL"],
    "getsockopt": ["ENOBUFS"],
    "poll": ["EINTR", "EAGAIN", "ENOMEM"],
    "epoll_create1": ["EMFILE", "ENOMEM"],
    "epoll_ctl": ["ENOMEM", "ENOSPC"],
    "epoll_wait": ["EINTR", "EINVAL"],
    "pthread_create": ["EAGAIN"],
    "pipe": ["EMFILE"],
    "fopen": ["EMFILE"],
    "mmap": ["ENOMEM"],
    "getaddrinfo": ["EAI_AGAIN", "EAI_NONAME"],
    "malloc": ["ENOMEM"],
    "calloc": ["ENOMEM"],
    "realloc": ["ENOMEM"],
    "strdup": ["ENOMEM"],
    "strndup": ["ENOMEM"],
    "write": ["EINTR"],
}
# Faults of the farm, which has to go on after any failure of a client.
FARM_FAULTS = {
    "accept": ["EINTR", "EAGAIN", "ECONNABORTED", "EMFILE", "ENOMEM"],
    "send": ["EINTR", "EAGAIN", "short", "ECONNRESET", "EPIPE"],
    "recv": ["EINTR", "EAGAIN", "short", "ECONNRESET"],
    "epoll_ctl": ["ENOMEM"],
    "epoll_wait": ["EINTR"],
    "malloc": ["ENOMEM"],
    "calloc": ["ENOMEM"],
    "realloc": ["ENOMEM"],
}
# Nothing is lost by these: the result must be whole.
HARMLESS = {"EINTR", "EAGAIN", "short"}


class Program:
    """One of the programs, and its output when nothing fails."""

    def __init__(self, stage, name, selector, farm, folder):
        self.label = "%s %s%s" % (stage, name, selector and " [%s]" % selector)
        self.name = name
        self.folder = folder
        options = ["--selector", selector] if selector else []
        path = os.path.join(BUILD, stage, name)
        url = farm.url.replace("127.0.0.1", "localhost")
        if name == "animals":
            self.command = [path, "--server", url, "--max-tasks", "3",
                            "--timeout", "5", *options, "cow", "pig", "cow",
                            "dog"]
        else:
            self.command = [path, "--max-tries", "2", "--max-tasks", "3",
                            "--timeout", "5", "--max-pages", "5", *options,
                            url + "/site/", url + "/chaos/redirect-join"]
        self.expected = None
        code, _, self.expected, _ = self.run("", "none")
        assert code in (0, 1) and self.expected, (self.label, code)
        self.expected_code = code

    def run(self, fault, tag):
        """Exit code, stderr, results, and whether the fault happened."""
        base = os.path.join(self.folder, tag)
        environment = {
            **os.environ, "FAULT": fault, "FAULT_FIRED": base + ".fired",
            "ASAN_OPTIONS": "exitcode=%d" % CRASH,
            "UBSAN_OPTIONS": "exitcode=%d" % CRASH}
        code, err = self.execute(base, environment)
        result = None
        try:
            with open(base + ".json", encoding="utf-8") as file:
                text = json.load(file)
            if self.name == "animals":
                result = [[a["name"], a["error"], a["sound"], a["status"]]
                          for a in text["animals"]]
            else:
                result = sorted([u["url"], u["error"], u["status"], u["size"]]
                                for u in text["urls"])
        except (OSError, ValueError):
            pass
        fired = os.path.exists(base + ".fired")
        for ending in (".fired", ".json"):
            if os.path.exists(base + ending):
                os.unlink(base + ending)
        return code, err, result, fired

    def execute(self, base, environment):
        """Exit code, or None if it takes too long, and stderr."""
        try:
            done = subprocess.run(
                [*self.command, "--json", base + ".json"], cwd=ROOT,
                env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=LIMIT)
            return done.returncode, done.stderr.decode()
        except subprocess.TimeoutExpired as late:
            return None, (late.stderr or b"").decode()

    def judge(self, function, kind, code, err, result):
        """Describes the error in such a run; None: the run is fine."""
        if code is None:
            return "it hangs"
        if kind == "SIGINT":
            return self.judge_ctrl_c(code, result)
        if code == CRASH or code < 0 or code > 2:
            return "exit code %d" % code
        harmless = kind in HARMLESS and function != "pthread_create"
        if code == self.expected_code == 0 or harmless:
            if code != self.expected_code:
                return "exit code %d after %s" % (code, kind)
            if result != self.expected:
                return "success, with another result: %s" % result
        elif code == 0:
            return "exit code 0"
        elif not err and not any(error for _, error, *_ in result or []):
            return "exit code %d, and no complaint" % code
        return None

    def judge_ctrl_c(self, code, result):
        if code not in (130, self.expected_code):
            return "exit code %d after Ctrl-C" % code
        if result is None:
            return "no report after Ctrl-C"
        if code != 130:  # it came too late
            return None if result == self.expected else "another result"
        for row in result:
            if row not in self.expected and row[1:] != [None] * 3:
                return "after Ctrl-C: %s" % row
        return None


class Patient(Program):
    """A program that soon waits for very long unless there is a Ctrl-C."""

    expected_code = 130

    def __init__(self, stage, name, selector, farm, folder):
        self.label = "%s %s%s, patient" % (
            stage, name, selector and " [%s]" % selector)
        self.name = name
        self.folder = folder
        options = ["--selector", selector] if selector else []
        path = os.path.join(BUILD, stage, name)
        if name == "animals":
            self.command = [path, "--server", farm.url, "--max-tasks", "2",
                            "--typing", "100", *options, "cow", "pig", "dog"]
            self.expected = [[name, None, sound, 200] for name, sound in
                             (("cow", "Moo!"), ("pig", "Oink!"),
                              ("dog", "Woof!"))]
        else:
            urls = ["%s/chaos/%s" % (farm.url, kind)
                    for kind in ("close-before", "stay")]
            self.command = [path, "--max-tasks", "3", *options, *urls]
            self.expected = [
                [urls[0], "connection closed before the response was complete",
                 None, None], [urls[1], None, 200, 4]]

    def execute(self, base, environment):
        """Kills the program if it does not end at once after Ctrl-C, or if it
        waits without a Ctrl-C."""
        with tempfile.TemporaryFile() as err:
            child = subprocess.Popen(
                [*self.command, "--json", base + ".json"], cwd=ROOT,
                env={**environment, "FAULT_STRETCH": str(LONG)},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=err)
            rest = time.monotonic() + AT_REST
            end = None
            while child.poll() is None:
                now = time.monotonic()
                if end is None and os.path.exists(base + ".fired"):
                    end = now + AT_ONCE
                if now > (end or rest):
                    child.kill()
                    child.wait()
                    return None, ""
                time.sleep(0.002)
            err.seek(0)
            return child.returncode, err.read().decode()

    def judge(self, function, kind, code, err, result):
        if code is None:
            return "Ctrl-C is lost"
        return self.judge_ctrl_c(code, result)


class Table:
    def __init__(self):
        self.lock = threading.Lock()
        self.runs = collections.Counter()
        self.bad = []

    def sweep(self, program, function, kind):
        """Fails the first call, the second... until there are none left."""
        for k in range(1, MOST, EVERY):
            fault = "%s:%d:%s" % (function, k, kind)
            tag = "%s-%s-%s" % (program.label.replace("/", "_").replace(
                " ", "_"), function, kind)
            code, err, result, fired = program.run(fault, tag)
            if not fired and isinstance(program, Patient):
                return
            wrong = program.judge(function, kind, code, err, result)
            with self.lock:
                self.runs[function] += fired
                if wrong:
                    self.bad.append((program.label, fault))
                    print("%s, FAULT=%s: %s\n%s" % (
                        program.label, fault, wrong, err[:3000]), flush=True)
            if not fired:
                return
        print("%s: %s never ends" % (program.label, function), flush=True)
        self.bad.append((program.label, function))


class FaultyFarm:
    """A farm with a call that fails, and two clients, one after the other."""

    label = "farm"

    def __init__(self, folder):
        self.folder = folder

    def ask(self, url):
        done = subprocess.run(
            [os.path.join(BUILD, "01-blocking", "animals"), "-q", "--server",
             url, "--timeout", "5", "cow", "pig"], capture_output=True,
            timeout=LIMIT, check=False)
        return done.returncode

    def run(self, fault, tag):
        fired = os.path.join(self.folder, tag + ".fired")
        reading, lifeline = os.pipe()
        farm = subprocess.Popen(
            [os.path.join(BUILD, "farm"), "--pace", "0.005", "--lifeline",
             str(reading)], pass_fds=[reading], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            env={**os.environ, "FAULT": fault, "FAULT_FIRED": fired,
                 "ASAN_OPTIONS": "exitcode=%d" % CRASH})
        os.close(reading)
        url = farm.stdout.readline().strip()
        codes = [self.ask(url), self.ask(url)] if url else None
        os.close(lifeline)
        try:
            _, err = farm.communicate(timeout=LIMIT)
            code = farm.returncode
        except subprocess.TimeoutExpired:
            farm.kill()
            _, err = farm.communicate()
            code = None
        there = os.path.exists(fired)
        if there:
            os.unlink(fired)
        return code, err, codes, there

    @staticmethod
    def judge(_function, kind, code, err, codes):
        if code is None:
            return "it hangs"
        if codes is None:  # it did not begin
            return None if code in (1, 2) and err else "exit code %s" % code
        if code != 0:
            return "exit code %d" % code
        if kind in HARMLESS and codes != [0, 0]:
            return "exit codes of the clients: %s" % codes
        return None if 0 in codes else "both clients failed"


def programs(kind, farm, folder):
    wanted = (os.environ.get("STAGES") or "1 2 3 4 5 6").split()
    for stage in sorted(os.listdir(BUILD)):
        if not (stage[:1] == "0" and stage[1:2] in wanted):
            continue
        selectors = [""] if stage[1] < "4" else ["epoll", "poll"]
        for selector in selectors:
            for name in ("animals", "crawl"):
                yield kind(stage, name, selector, farm, folder)


def main():
    table = Table()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        farm = Farm(folder, "--pace", "0.005")
        try:
            with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
                jobs = [pool.submit(table.sweep, program, function, kind)
                        for program in programs(Program, farm, folder)
                        for function, kinds in FAULTS.items()
                        for kind in kinds]
                jobs += [pool.submit(table.sweep, program, "any", "SIGINT")
                         for kind in (Program, Patient)
                         for program in programs(kind, farm, folder)]
                jobs += [pool.submit(table.sweep, FaultyFarm(folder), function,
                                     kind)
                         for function, kinds in FARM_FAULTS.items()
                         for kind in kinds]
                for job in jobs:
                    job.result()
        finally:
            farm.stop()
    total = sum(table.runs.values())
    print("Faults: " + ", ".join("%s %d" % pair
                                 for pair in sorted(table.runs.items())))
    print("%d passed, %d failed" % (total - len(table.bad), len(table.bad)))
    return 1 if table.bad or total == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
