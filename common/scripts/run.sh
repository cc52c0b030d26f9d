#!/bin/sh
# run.sh NAME [WORD...] - runs an example; the WORDs are arguments for a program
# or for the crawl of keep_alive. An example that is a patch changes or breaks a
# stage: the patch is shown and applied to a copy of the stage, which is then
# built and run. If two stages have an example of this name, the example of the
# first stage is run, unless STAGE names the other stage.
set -eu

build=${BUILD:-build}
stage=${STAGE:-}
files=$(ls 0"${stage#0}"*/examples/"$1".c 0"${stage#0}"*/examples/"$1".patch \
    2>/dev/null || :)
file=$(echo "$files" | head -n 1)
others=$(echo "$files" | sed 1d)
list() {
    for file in 0*/examples/*.[cp]*; do
        name=${file##*/}
        printf 'make run-%-20s (%s)\n' "${name%.*}" "${file%%/*}"
    done
}
if [ "$1" = x ]; then
    list
    exit
fi
if [ -z "$file" ]; then
    { echo "run: there is no example \"$1\". There are:" && list; } >&2
    exit 2
fi
for other in $others; do
    other=${other%%-*}
    echo "run: there is another $1: make run-$1 STAGE=${other#0}" >&2
done
stage=${file%%/*}
case $file in
*.c)
    shift
    exec "$build/harness" run "$build/${file%.c}" "$@"
    ;;
esac

echo "$stage with this patch:"
grep '^[-+]' "$file" | grep -v -e '^---' -e '^+++'
program=$(sh common/scripts/broken.sh "$file")
echo
case $1 in
*deadlock*)
    exec "$build/harness" hangs "$program" --delay 300 --typing 2
    ;;
crawl_*)
    # shellcheck disable=SC2016
    exec "$build/harness" run /bin/sh -c \
        '"$0" --max-tasks 3 "$FARM/site/" "$FARM/chaos/garbage" |
            grep Finished' "$program"
    ;;
keep_alive)
    shift
    # shellcheck disable=SC2016
    exec "$build/harness" count /bin/sh -c \
        '"$0" "$@" "$FARM/site/" | grep Finished' "$program" "$@"
    ;;
*) exec "$build/harness" run "$program" --typing 4 ;;
esac
