#!/bin/sh
# play.sh N [WORD...] - makes a copy of stage N in play/, to break and to mend,
# builds and runs the copy, and shows where its numbers differ from the stage's
# own. A copy that exists is kept. The WORDs go to animals. In the environment:
#
#   FROM=M     begins with the four files of stage M and the engine of stage N,
#              to be turned into stage N; a copy that exists is moved aside
#   RUN=NAME   runs this example of the copy instead
#   RESET=1    only moves the copy aside, and copies the stage again
set -eu

number=$1
shift
stage=$(ls -d "0$number"-* 2>/dev/null) ||
    { echo "play: there is no stage $number" >&2; exit 2; }
make=${MAKE:-make}
build=${BUILD:-build}
copy=play/$stage

# aside: moves the copy to another name.
aside() {
    i=1
    while [ -e "$copy.old-$i" ]; do i=$((i + 1)); done
    mv "$copy" "$copy.old-$i"
    echo "Your copy so far is in $copy.old-$i."
}

mkdir -p play
if [ -n "${RESET:-}" ]; then
    if [ ! -d "$copy" ]; then
        echo "reset: there is no copy in $copy; make play-$number makes one" >&2
        exit 2
    fi
    if diff -r "$copy" "$stage" >/dev/null 2>&1; then
        echo "$copy is stage $number, unchanged."
        exit
    fi
    aside
    cp -R "$stage" "$copy"
    echo "$copy is stage $number again: make play-$number"
    exit
fi
if [ -n "${FROM:-}" ]; then
    other=$(ls -d "0$FROM"-* 2>/dev/null) ||
        { echo "play: FROM=$FROM: there is no such stage" >&2; exit 2; }
    if [ -d "$copy" ]; then aside; fi
    cp -R "$stage" "$copy"
    for file in fetch.h fetch.c animals.c crawl.c; do
        cp "$other/$file" "$copy"
    done
    echo "$copy begins with the four files of stage $FROM."
    echo "Turn it into stage $number; then again: make play-$number"
elif [ -d "$copy" ]; then
    echo "$copy is there already: this is what is in it."
else
    cp -R "$stage" "$copy"
    echo "$copy is yours to edit; make play-$number builds and runs it again."
fi

# build TARGET...: builds, with a hint below the errors of the compiler.
build() {
    $make -s --no-print-directory "$@" || {
        echo "play: your copy does not build. What did you change? make" \
            "diff-play-$number   From the start: make reset-$number" >&2
        exit 1
    }
}

if [ -n "${RUN:-}" ]; then
    if [ ! -f "$copy/examples/$RUN.c" ]; then
        echo "play: there is no example $RUN in $copy/examples" >&2
        exit 2
    fi
    build "$build/$copy/examples/$RUN" "$build/farm" "$build/harness"
    exec "$build/harness" run "$build/$copy/examples/$RUN" "$@"
fi
build "$build/$copy/animals" "$build/$copy/crawl" \
    "$build/$stage/animals" "$build/$stage/crawl" "$build/farm" "$build/harness"
exec "$build/harness" play "$number" "$@"
