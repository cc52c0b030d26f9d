#!/bin/sh
# diff.sh N | A-B - what changes from stage N-1 to N, or from A to B, in the
# order in which to read it: fetch, animals, the engine, crawl.
set -eu

case $1 in
*[!0-9-]* | *-*-* | -* | *- | "")
    echo "diff: \"$1\" is not N or A-B, as in make diff-3 or diff-1-6" >&2
    exit 2
    ;;
*-*) a=${1%-*} b=${1#*-} ;;
*) a=$(($1 - 1)) b=$1 ;;
esac
from=$(ls -d "0$a"-* 2>/dev/null) || { echo "diff: there is no stage $a" >&2; exit 2; }
to=$(ls -d "0$b"-* 2>/dev/null) || { echo "diff: there is no stage $b" >&2; exit 2; }

engine=$(ls "$from" "$to" | grep '\.[chS]$' |
    grep -v -e '^fetch\.' -e '^animals\.c$' -e '^crawl\.c$' | sort -u || true)
colour=never
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then colour=always; fi
for file in fetch.h fetch.c animals.c $engine crawl.c; do
    if diff --color=auto /dev/null /dev/null >/dev/null 2>&1; then
        diff -Nu --color="$colour" --label "$from/$file" --label "$to/$file" \
            "$from/$file" "$to/$file" || true
    else
        diff -Nu -L "$from/$file" -L "$to/$file" "$from/$file" "$to/$file" || true
    fi
done
