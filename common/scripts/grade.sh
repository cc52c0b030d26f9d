#!/bin/sh
# grade.sh N - builds the copy of stage N in play/ and runs the tests of all
# stages on it. ALL=1 does not stop after two causes of failure.
set -eu

stage=$(ls -d "0$1"-* 2>/dev/null) || { echo "grade: there is no stage $1" >&2; exit 2; }
make=${MAKE:-make}
build=${BUILD:-build}
if [ ! -d "play/$stage" ]; then
    echo "grade: there is no copy in play/$stage; make play-$1 makes one" >&2
    exit 2
fi
if ! command -v python3 >/dev/null 2>&1; then
    echo "grade: the tests need python3, which is not here (see make doctor)" >&2
    exit 2
fi
$make -s --no-print-directory "$build/play/$stage/animals" \
    "$build/play/$stage/crawl" "$build/farm"
exec python3 tests/grade.py "$1"
