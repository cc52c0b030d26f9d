#!/usr/bin/env python3
"""One suite for the programs of all stages. Standard library only.

    python3 tests/test_stages.py [-v] [WORD...]

Runs the cases whose names contain all the words ("02-threads crawl: never").
BUILD=build/asan tests another build, STAGES="1 2" only these stages, JOBS=1
one case at a time; SLOW=1 widens all margins for slow machines.
"""

import sys

import cases_animals  # noqa: F401 - they register their cases
import cases_both  # noqa: F401
import cases_crawl  # noqa: F401
import support

if __name__ == "__main__":
    sys.exit(support.main(sys.argv[1:]))
