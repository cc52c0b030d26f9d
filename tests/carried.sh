#!/bin/sh
# carried.sh - the files on each line of tests/carried.txt are the same, byte
# for byte: a file, and the places to which it was carried.
set -u
bad=0

while read -r first others; do
    case $first in '' | '#'*) continue ;; esac
    [ -f "$first" ] || continue # a stage that does not exist yet
    for other in $others; do
        [ -d "${other%/*}" ] || continue
        cmp "$first" "$other" >&2 || bad=1
    done
done <tests/carried.txt
exit $bad
