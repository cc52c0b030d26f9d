#!/bin/sh
# play.sh N - copies stage N to play/, builds it there and runs it. A copy that
# exists is kept: it may hold somebody's work.
set -eu

stage=$(ls -d "0$1"-* 2>/dev/null) || { echo "play: there is no stage $1" >&2; exit 2; }
make=${MAKE:-make}
build=${BUILD:-build}
if [ -d "play/$stage" ]; then
    echo "play/$stage is there already: building what is in it."
    echo "(rm -r play/$stage starts afresh.)"
else
    mkdir -p play
    cp -R "$stage" "play/$stage"
    echo "play/$stage is yours to edit; make play-$1 builds and runs it again."
fi
$make -s --no-print-directory "$build/play/$stage/animals" \
    "$build/play/$stage/crawl" "$build/farm" "$build/harness"
echo "Its crawler: $build/play/$stage/crawl URL"
exec "$build/harness" run "$build/play/$stage/animals"
