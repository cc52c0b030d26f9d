#!/usr/bin/env python3
"""Renews what scripts and runs have put into TUTORIAL.md and README.md. Standard
library only.

    python3 tests/renew_text.py [FILE...]          the parts made by scripts
    python3 tests/renew_text.py --runs [FILE...]   the console blocks, too

A part between "<!-- generated: SCRIPT -->" and "<!-- end -->" is made again.

With --runs, the commands of the console blocks are run again, so that all numbers
come from one machine and one day. A line of the text is replaced by the line of
the output that differs from it in nothing but what tests/tutorial.sh masks. Lines
without a counterpart stay, and are named. Blocks that are compared exactly stay
as they are. Afterwards read the diff: the text around a block may quote a number.
"""

import functools
import os
import re
import subprocess
import sys

BUILD = os.environ.get("BUILD") or "build"


@functools.lru_cache(maxsize=None)
def mask(line):
    """The line, masked by tutorial.sh; "" for a line that it drops."""
    with open("tests/tutorial.sh", encoding="utf-8") as file:
        function = re.search(r"^mask\(\) \{.*?^\}", file.read(), re.M | re.S)
    return subprocess.run(
        ["sh", "-c", function.group(0) + "\nmask"], input=line + "\n",
        stdout=subprocess.PIPE, text=True, check=True).stdout.rstrip("\n")


def run(command, farm):
    out = subprocess.run(
        command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
        env={**os.environ, "FARM": farm, "NO_COLOR": "1"}).stdout
    return [line.rstrip() for line in
            out.replace(farm, "http://127.0.0.1:8888").splitlines()]


def renew(block, unordered, farm):
    printed, made = [], []
    for line in block:
        if line.startswith("$ "):
            printed = run(line[2:], farm)
            made.append(line)
            continue
        wanted = mask(line)
        at = next((i for i, other in enumerate(printed)
                   if line not in ("", "...") and wanted
                   and mask(other) == wanted), None)
        if at is None:
            if line not in ("", "..."):
                print("stays: " + line)
            made.append(line)
        else:
            made.append(printed[at])
            before = printed[:at] if unordered else []
            printed = before + printed[at + 1:]
    return made


def make_parts(name):
    """Twice, because the contents count the words of the other parts."""
    def replace(match):
        made = subprocess.run(
            "sh " + match.group(1), shell=True, check=True,
            stdout=subprocess.PIPE, text=True).stdout
        return "<!-- generated: %s -->\n%s<!-- end -->" % (
            match.group(1), made)

    for _ in range(2):
        edit(name, lambda text: re.sub(
            r"<!-- generated: (.*?) -->\n.*?<!-- end -->", replace, text,
            flags=re.S))


def renew_blocks(name, farm):
    def replace(match):
        how, block = match.group(1), match.group(2).splitlines()
        if "exact" in how or not block:
            return match.group(0)
        return "```console%s\n%s\n```" % (
            how, "\n".join(renew(block, "unordered" in how, farm)))

    edit(name, lambda text: re.sub(
        r"^```console(.*)\n((?:(?!```).*\n)*)```$", replace, text, flags=re.M))


def edit(name, change):
    with open(name, encoding="utf-8") as file:
        text = change(file.read())
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    names = [name for name in sys.argv[1:] if name != "--runs"]
    for name in names or ["README.md", "TUTORIAL.md"]:
        if "--runs" in sys.argv:
            reading, lifeline = os.pipe()
            with subprocess.Popen(
                    [BUILD + "/farm", "--lifeline", str(reading)],
                    pass_fds=[reading], stdout=subprocess.PIPE,
                    text=True) as process:
                os.close(reading)
                renew_blocks(name, process.stdout.readline().strip())
                os.close(lifeline)
        make_parts(name)


if __name__ == "__main__":
    main()
