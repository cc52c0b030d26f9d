#!/bin/sh
# renew.sh ID - when a stage has changed so that an answer no longer fits: `make
# try-ID`, solve it in play/ID/, then this. It replaces the answer in ID.patch by
# the difference between the beginning of that copy and its present state.
set -eu
id=$1
file=tests/exercises/$id.patch
new=$(mktemp)
trap 'rm -f "$new"' EXIT
sed '/^--- /,$d' "$file" >"$new"
cd "play/$id"
find . .begin -name '*.[chS]' | sed 's,^\./,,; s,^\.begin/,,' | sort -u |
    while read -r path; do
        diff -Nu -L "a/$path" -L "b/$path" ".begin/$path" "$path" || true
    done >>"$new"
cd ../..
cat "$new" >"$file"
