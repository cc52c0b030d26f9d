#!/bin/sh
# valgrind.sh - one run of each program of each stage under memcheck: no errors,
# no lost memory, no descriptor left open.
set -u

build=${BUILD:-build}
if ! command -v valgrind >/dev/null 2>&1; then
    echo "valgrind: skipped: not installed" >&2
    exit 0
fi
folder=$(mktemp -d)
"$build/farm" --pace 0.1 >"$folder/address" &
farm=$!
trap 'kill $farm 2>/dev/null; rm -rf "$folder"' EXIT
while ! grep -q http "$folder/address"; do
    kill -0 $farm 2>/dev/null || exit 1
done
url=$(sed -n 's|^\(http://127[^ ]*\).*|\1|p' "$folder/address" | sed 's/127.0.0.1/localhost/')
bad=0
runs=0

# check NAME COMMAND...
check() {
    name=$1
    shift
    runs=$((runs + 1))
    if ! valgrind -q --track-fds=yes --leak-check=full --error-exitcode=9 \
        --log-file="$folder/log" "$@" >"$folder/out" 2>&1; then
        echo "valgrind: $name:" >&2
        cat "$folder/out" "$folder/log" >&2
        bad=1
    fi
    # Standard input, output and error; the rest must have been inherited.
    opened=$(grep -c 'Open file descriptor\|Open AF_' "$folder/log")
    inherited=$(grep -c 'inherited from parent' "$folder/log")
    if [ "$opened" -gt "$inherited" ]; then
        echo "valgrind: $name leaves descriptors open:" >&2
        cat "$folder/log" >&2
        bad=1
    fi
}

for stage in "$build"/0*; do
    check "$stage/animals" "$stage/animals" --server "$url" --max-tasks 5 --typing 1
    check "$stage/crawl" "$stage/crawl" "$url/site/"
done
echo "valgrind: $runs runs"
exit $bad
