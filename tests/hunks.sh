#!/bin/sh
# hunks.sh [N] - is every hunk of make diff-N explained? Prints a table of the
# hunks from stage N-1 to stage N in the four files, with where TUTORIAL.md
# explains each: in a block of code, or in a remark of tests/hunks.txt. Without N,
# checks all steps, and names the hunks that have neither.
#
# A hunk is shown if one of its lines is in a block "diff A B FILE" or "c B/FILE"
# of the text. A line of hunks.txt has a stage's number, a file, a remark and a
# line of the hunk, separated by " | ".
set -eu
export LC_ALL=C # hunks.txt is sorted by bytes

text=TUTORIAL.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lines that say nothing about where a hunk is explained.
idle='^[-+ ]*[{}();]*$|^.{0,8}$'

# shown A B FILE: the lines of the blocks that show this step or the file in B.
shown() {
    awk -v diff="diff $1 $2 $3" -v code="c $2/$3" '
        /^```/ { on = !on && (substr($0, 4) == diff || substr($0, 4) == code); next }
        on { sub(/^[-+]/, ""); print }' "$text" | sed 's/^ *//'
}

# hunks A B FILE: a line for each hunk: its lines, joined by a tab.
hunks() {
    diff -NU1 "$1/$3" "$2/$3" | sed 1,2d | awk '
        /^@@/ { if (hunk) print hunk; hunk = ""; next }
        /^[-+]/ { hunk = hunk (hunk ? "\t" : "") $0 }
        END { if (hunk) print hunk }'
}

# step A B: file, first line and remark of each hunk, separated by tabs; a remark
# "?" if there is none.
step() {
    number=${2%%-*}
    number=${number#0}
    for file in fetch.h fetch.c animals.c crawl.c; do
        shown "$1" "$2" "$file" >"$work/shown"
        sed -n "s/^$number | $file | //p" tests/hunks.txt >"$work/remarks"
        hunks "$1" "$2" "$file" | while IFS= read -r hunk; do
            printf '%s\n' "$hunk" | tr '\t' '\n' >"$work/hunk"
            first=$(grep -v -E "$idle" "$work/hunk" | head -n 1 || true)
            first=${first:-$(head -n 1 "$work/hunk")}
            remark=?
            if sed 's/^[-+] *//' "$work/hunk" | grep -v -E "$idle" |
                grep -qxF -f - "$work/shown"; then
                remark=shown
            else
                while IFS= read -r line; do
                    if grep -qF -e "${line#* | }" "$work/hunk"; then
                        remark=${line%% | *}
                        echo "$number | $file | $line" >>"$work/used"
                        break
                    fi
                done <"$work/remarks"
            fi
            printf '%s\t%s\t%s\n' "$file" "$first" "$remark"
        done
    done
}

previous=
bad=0
: >"$work/used"
for stage in 0*-*; do
    if [ -n "$previous" ] && [ -z "${1:-}" ]; then
        step "$previous" "$stage" >"$work/step"
        if grep -q '	?$' "$work/step"; then
            bad=1
            number=${stage%%-*}
            number=${number#0}
            sed -n 's/^\(.*\)	?$/\1/p' "$work/step" |
                sed "s/^/hunks: make diff-$number: not explained: /" >&2
        fi
    elif [ "0${1:-}" = "${stage%%-*}" ]; then
        echo "| file | the hunk begins with | explained |"
        echo "|---|---|---|"
        step "$previous" "$stage" | sed -e 's/|/\\|/g' -e "s/\`/'/g" \
            -e 's/^\([^	]*\)	\([^	]*\)	\(.*\)$/| `\1` | `\2` | \3 |/'
    fi
    previous=$stage
done
if [ -z "${1:-}" ] && ! sort "$work/used" | diff - tests/hunks.txt >"$work/stale"; then
    sed -n 's/^> /hunks: tests\/hunks.txt: no such hunk any more: /p' "$work/stale" >&2
    bad=1
fi
exit $bad
