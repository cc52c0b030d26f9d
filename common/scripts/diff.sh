#!/bin/sh
# diff.sh N | A-B | play-N - shows the changes from stage N-1 to N, from A to B,
# or from stage N to the copy in play/: the four files, and a line for each file
# of the engine. In the environment:
#
#   ONLY=FILE  only this file
#   ALL=1      the engine's files as well (play-N shows them always)
set -eu

case $1 in
play-*)
    to=$(ls -d play/"0${1#play-}"-*[!0-9] 2>/dev/null) ||
        { echo "diff: no copy of stage ${1#play-} yet; make $1 makes one" >&2; exit 2; }
    to=$(echo "$to" | grep -v '\.old-' | head -n 1)
    from=${to#play/}
    ;;
*[!0-9-]* | *-*-* | -* | *- | "")
    echo "diff: \"$1\" is not N or A-B, as in make diff-3 or diff-1-6" >&2
    exit 2
    ;;
*)
    case $1 in
    *-*) a=${1%-*} b=${1#*-} ;;
    *) a=$(($1 - 1)) b=$1 ;;
    esac
    to=$(ls -d "0$b"-* 2>/dev/null) || { echo "diff: there is no stage $b" >&2; exit 2; }
    from=$(ls -d "0$a"-* 2>/dev/null) || { echo "diff: there is no stage $a" >&2; exit 2; }
    ;;
esac

colour=never
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then colour=always; fi

show() {
    if diff --color=auto /dev/null /dev/null >/dev/null 2>&1; then
        diff -Nu --color="$colour" --label "$from/$1" --label "$to/$1" \
            "$from/$1" "$to/$1" || true
    else
        diff -Nu -L "$from/$1" -L "$to/$1" "$from/$1" "$to/$1" || true
    fi
}

# summary FILE: prints in one line whether a file of the engine has changed.
summary() {
    lines=$(cat "$to/$1" 2>/dev/null | wc -l | tr -d ' ')
    if [ ! -f "$to/$1" ]; then
        what="is gone"
    elif [ ! -f "$from/$1" ]; then
        what="is new: $lines lines"
    elif cmp -s "$from/$1" "$to/$1"; then
        what="is the same: $lines lines"
    else
        what="has changed: $lines lines"
    fi
    echo "engine: $to/$1 $what"
    hidden=1
}

engine=$(ls "$from" "$to" | grep '\.[chS]$' |
    grep -v -e '^fetch\.' -e '^animals\.c$' -e '^crawl\.c$' | sort -u || true)
hidden=
if [ -n "${ONLY:-}" ]; then
    if [ ! -f "$from/$ONLY" ] && [ ! -f "$to/$ONLY" ]; then
        echo "diff: ONLY=$ONLY: neither $from nor $to has that file" >&2
        exit 2
    fi
    show "$ONLY"
    exit
fi
show fetch.h
show fetch.c
show animals.c
for file in $engine; do
    case ${ALL:-}$to in
    ?*play/* | play/* | 1*) show "$file" ;;
    *) summary "$file" ;;
    esac
done
show crawl.c
if [ -n "$hidden" ]; then echo "(make diff-$1 ALL=1 shows the engine's files too)"; fi
