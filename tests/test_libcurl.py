#!/usr/bin/env python3
"""Runs the cases of the stages on the programs that use libcurl: a baseline
must do the same work. Standard library only.

    python3 tests/test_libcurl.py [-v] [WORD...]

Runs the cases about waiting, or with CASES=all all cases.
"""

import os
import re
import sys
import unittest

import canned
import cases_animals  # noqa: F401 - they register their cases
import cases_both  # noqa: F401
import cases_crawl  # noqa: F401
import support

# Where libcurl is known to differ, and how. See bench/READING.md.
DIFFERENCES = {
    "the_request": "it keeps the connection and says nothing of encodings",
    "trace": "it does not say what it waits for",
    "trace_of_pauses": "it pauses where it hears, one after the other as well",
    "selector_is_chosen": "one of the three has an event loop of ours",
    "each_number_of_descriptors": "it has no word for it",
    "no_such_host": "it looks up a name for each try",
    "all_chaos_at_once": "it counts a look-up that fails as a connection",
    "folded_headers_inject_nothing": "it keeps more of the blanks",
    "reads folds": "it wants a length in one line",
    "reads blanks": "it does not read each of them in each version",
    "refuses a fold behind the status line": "it waits for more",
    "refuses a fold that joins two lengths": "it refuses the line",
    "a_redirect_with_a_body of two lengths": "it refuses the head",
    "resolve_an_address": "it resolves names only",
    "our_own_request": "it takes it for another protocol",
    "chaos two-lengths": "it takes the first",
    "chaos bad-length": "it ignores it",
    "chaos minus-length": "it has one word for all headers it refuses",
    "chaos huge-chunk-size": "it has no word for it",
    "chaos endless-line": "it has no word for it",
}

# It keeps its defaults.
canned.REQUEST = re.compile(
    rb"GET (/[!-~]*) HTTP/1\.1\r\n"
    rb"Host: ([!-~]+)\r\n"
    rb"User-Agent: six-ways-to-wait/1\r\n"
    rb"Accept: \*/\*\r\n\r\n")


def stages():
    for number, kind in ((1, "easy"), (3, "multi"), (3, "socket")):
        folder = "bench/libcurl/" + kind
        if os.path.exists(os.path.join(support.BUILD, folder, "crawl")):
            yield number, folder


def expected():
    wanted = [case for case in support.cases
              if case.main or os.environ.get("CASES") == "all"]
    return [case for case in wanted if case.__name__ not in DIFFERENCES]


if __name__ == "__main__":
    if os.environ.get("STAGES") or not list(stages()):
        print("not wanted (STAGES), or not built: see make doctor")
        print("0 passed, 0 failed, 1 skipped")
        sys.exit(0)
    support.stages = stages
    support.cases = expected()
    support.Case.stage = property(
        lambda case: "libcurl-" + os.path.basename(case.folder))
    # If a server is slow to close a connection, it is used again.
    support.Case.check_connections = unittest.TestCase.assertLessEqual
    sys.exit(support.main(sys.argv[1:]))
