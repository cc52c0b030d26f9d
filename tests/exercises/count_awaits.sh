#!/bin/sh
# count_awaits.sh FOLDER COMPILER - deletes each `await` of fetch.c, animals.c and
# crawl.c in FOLDER, one at a time, and compiles the rest. Prints how many of
# those were refused, how many got a warning, and how many nothing.
set -eu
flags="-std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -I$1 -Icommon -Wall -Wextra"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
errors=0
warnings=0
silent=0
for file in fetch.c animals.c crawl.c; do
    # "LINE N": the Nth await of this line; comments do not count.
    awk '{
        text = $0
        sub(/\/\/.*/, "", text)
        for (n = 1; (at = index(text, "await(")) > 0; n++) {
            text = substr(text, at + 6)
            print NR, n
        }
    }' "$1/$file" >"$work/places"
    while read -r line n; do
        awk -v line="$line" -v n="$n" 'NR == line {
            head = ""
            rest = $0
            for (i = 1; i < n; i++) {
                at = index(rest, "await(") + 6
                head = head substr(rest, 1, at - 1)
                rest = substr(rest, at)
            }
            sub(/await\(/, "(", rest)
            $0 = head rest
        } { print }' "$1/$file" >"$work/$file"
        # shellcheck disable=SC2086
        if ! LC_ALL=C $2 $flags -DSTAGE='"06"' -fsyntax-only "$work/$file" 2>"$work/said"; then
            errors=$((errors + 1))
        elif grep -q warning "$work/said"; then
            warnings=$((warnings + 1))
        else
            silent=$((silent + 1))
        fi
        if [ -n "${V:-}" ]; then
            echo "$file:$line: $(grep -m 1 'error\|warning' "$work/said")" >&2
        fi
    done <"$work/places"
done
echo "$errors $warnings $silent"
