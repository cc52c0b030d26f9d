#!/bin/sh
# carried.sh - files that tests/carried.txt lists are the same, byte for byte.
# A line of it: a file and those it was carried to.
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
