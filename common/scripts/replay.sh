#!/bin/sh
# replay.sh - records runs of the animals and writes build/replay.html, a page
# that replays them. In the environment:
#
#   STAGE="2 4"    records these stages only; play-4 is stage 4, and the copy of
#                  it that is in play/
#   VARIANT=NAME   records a broken variant (an example that is a patch), and
#                  the stage that it breaks
#
# Without either: all six stages, and stage 2 without its lock.
set -eu

make=${MAKE:-make}
build=${BUILD:-build}
stages=${STAGE:-}
variants=${VARIANT:-}
folders=
programs=

# add FOLDER: to the folders, if it is not among them.
add() {
    case " $folders " in
    *" $1 "*) return ;;
    esac
    folders="$folders $1"
    case $1 in
    play/broken/*) ;; # built when the patch was applied
    *) programs="$programs $build/$1/animals" ;;
    esac
}

if [ -z "$stages$variants" ]; then
    stages="1 2 3 4 5 6"
    variants=animals_unlocked
fi
for word in $stages; do
    stage=$(ls -d "0${word#play-}"-* 2>/dev/null) ||
        { echo "replay: there is no stage $word" >&2; exit 2; }
    add "$stage"
    case $word in
    play-*)
        if [ ! -d "play/$stage" ]; then
            echo "replay: there is no copy in play/$stage;" \
                "make $word makes one" >&2
            exit 2
        fi
        add "play/$stage"
        ;;
    esac
done
for name in $variants; do
    file=$(ls 0*/examples/"$name".patch 2>/dev/null) ||
        { echo "replay: there is no variant $name; make run-x lists them" >&2
            exit 2; }
    case $name in
    *deadlock*)
        echo "replay: $name never ends, so it leaves no recording" >&2
        exit 2
        ;;
    esac
    if grep -q '^+++ .*/crawl\.c' "$file"; then
        echo "replay: $name changes the crawler; make replay records the" \
            "animals" >&2
        exit 2
    fi
    add "${file%%/*}"
    if sh common/scripts/broken.sh "$file" >/dev/null; then
        add "play/broken/$name/${file%%/*}"
    elif [ -n "${VARIANT:-}" ]; then
        exit 1
    fi
done

# shellcheck disable=SC2086
$make -s --no-print-directory $programs "$build/farm" "$build/harness"
# shellcheck disable=SC2086
exec "$build/harness" replay $folders
