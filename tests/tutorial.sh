#!/bin/sh
# tutorial.sh [FILE...] - is the text true? Checks the blocks of TUTORIAL.md and
# README.md. The words behind the opening fence of a block select the check:
#
#   c FILE            the block is in FILE, line by line; a line "..." is a gap
#   diff A B FILE     each + and - line is in the diff of A/FILE and B/FILE, in
#                     this order
#   console [HOW]     the commands (after "$ ") print these lines. "..." is a
#                     gap. Text that depends on the machine is masked, see
#                     mask(). exact: no masks. unordered: lines in any order.
#   backtrace         "#2  speak at FILE:37": this line calls the function of
#                     the line above, by its name or through a pointer fn
#
# Checks also the parts that scripts of the repository have made, see
# check_generated(), and that each `make TARGET` and each figure in the text
# exists. tutorial.sh --table prints the table of changed lines.
#
# The text starts a farm with `make farm`; here the commands find the address of
# a farm on any free port in $FARM.
set -u
unset MFLAGS MAKELEVEL CLOCK FARM
case ${MAKEFLAGS:-} in
*' -- '*) MAKEFLAGS="-- ${MAKEFLAGS#* -- }" ;; # CC=, CFLAGS=: built already
*) unset MAKEFLAGS ;;
esac
NO_COLOR=1
export NO_COLOR
. tests/changed.sh
bad=0
blocks=0
work=$(mktemp -d)
farm=
trap 'rm -rf "$work"; [ -z "$farm" ] || kill "$farm" 2>/dev/null' EXIT
trap 'exit 130' INT TERM

complain() {
    echo "tutorial: $*" >&2
    bad=1
}

# Prints the table of changed lines.
table() {
    echo "| step | fetch | animals | crawl | the four files, in all |"
    echo "|---|---|---|---|---|"
    previous=
    for stage in 0*-*; do
        [ -f "$stage/fetch.c" ] || continue
        if [ -n "$previous" ]; then
            echo "| $previous → $stage" \
                "| $(changed_lines "$previous" "$stage" fetch.h fetch.c)" \
                "| $(changed_lines "$previous" "$stage" animals.c)" \
                "| $(changed_lines "$previous" "$stage" crawl.c)" \
                "| $(changed_lines "$previous" "$stage" \
                    fetch.h fetch.c animals.c crawl.c) |"
        fi
        previous=$stage
    done
}

if [ "${1:-}" = --table ]; then
    table
    exit
fi

# in_order NEEDLES HAYSTACK: are all lines of the first file in the second, in
# order? Other lines may be in between only at a line "...", or everywhere with
# gaps=1. Prints the first line that is missing.
in_order() {
    awk -v gaps="$3" '
        NR == FNR { hay[NR] = $0; n = NR; next }
        $0 == "..." { loose = 1; next }
        {
            # Without gaps the lines may start at any place: try every place.
            want[++m] = $0
            free[m] = loose || gaps || m == 1
            loose = 0
        }
        function fits(i, at,    k) {
            while (i <= m) {
                if (!free[i]) {
                    if (at > n || hay[at] != want[i]) return 0
                    at++; i++
                    continue
                }
                for (k = at; k <= n; k++)
                    if (hay[k] == want[i] && fits(i + 1, k + 1)) return 1
                if (i > far) far = i
                return 0
            }
            return 1
        }
        END {
            if (!fits(1, 1)) {
                print "not found, or not in this place, from here on: " want[far ? far : 1]
                exit 1
            }
        }' "$2" "$1"
}

# Masks text that depends on the machine. Numbers become N, also several in a
# row; drawings become ~. Line numbers, as in "fetch.c:50" and "line 35 of
# fetch.c", are kept: their digits become letters first. Of a timeline only the
# rows that end with a number are kept, one for each animal: the other rows, and
# the dropped ticks of a clock, depend on the time that typing takes. Short bars
# that share a row are dropped, and libcurl's bar, which may be missing. Of a
# compiler's error only the kind is compared and, if the compiler is gcc, the
# line.
mask() {
    place='FILE:N:N: error'
    if ! cc --version 2>/dev/null | grep -q clang; then place='\1: error'; fi
    sed "s/^\([^ :][^ :]*:[0-9][0-9]*\):[0-9][0-9]*: error: .*/$place/" |
        awk '{
            while (match($0, /(\.[chS]:|<stdin>:|at line )[0-9]+/)) {
                place = substr($0, RSTART, RLENGTH)
                for (i = 0; i <= 9; i++)
                    gsub(i, substr("ABCDEFGHIJ", i + 1, 1), place)
                $0 = substr($0, 1, RSTART - 1) place substr($0, RSTART + RLENGTH)
            }
            print
        }' |
        sed -e '/^\.\.\.$/b' -e 's/^libcurl multi .*/libcurl multi/' \
        -e '/^[2-6] ##*/d' -e '/^curl ##*$/d' \
        -e 's/[0-9][0-9]*\(,[0-9][0-9][0-9]\)*\(\.[0-9][0-9]*\)\{0,1\}/N/g' \
        -e 's/N\( *N\)*/N/g' -e 's/[-.#][-.# ]*/~/g' -e 's/  */ /g' \
        -e 's/^ //' -e 's/ $//' -e 's/, N dropped$//' \
        -e '/^N s$/d' -e '/^[a-z][a-z]* ~$/d'
}

# run_once COMMAND: prints its output. If it occurs again, it is not run again.
run_once() {
    kept=$work/output.$(printf '%s' "$1" | cksum | tr ' ' .)
    if [ ! -f "$kept" ]; then (eval "$1") </dev/null >"$kept" 2>&1; fi
    cat "$kept"
}

check_console() {
    how=$2
    : >"$work/wanted"
    : >"$work/printed"
    while IFS= read -r line; do
        case $line in
        '$ '*)
            echo "$line" >>"$work/wanted"
            echo "$line" >>"$work/printed"
            run_once "${line#??}" >>"$work/printed"
            ;;
        *) echo "$line" >>"$work/wanted" ;;
        esac
    done <"$1"
    sed -e 's/[[:space:]]*$//' "$work/printed" >"$work/p"
    cp "$work/wanted" "$work/w"
    case $how in
    *exact*) ;;
    *)
        mask <"$work/p" >"$work/printed"
        mask <"$work/w" >"$work/wanted"
        cp "$work/printed" "$work/p"
        cp "$work/wanted" "$work/w"
        ;;
    esac
    case $how in
    *unordered*)
        grep -v '^\.\.\.$' "$work/w" | sort >"$work/wanted"
        sort "$work/p" >"$work/printed"
        if grep -q '^\.\.\.$' "$work/w"; then
            in_order "$work/wanted" "$work/printed" 1
        else
            cmp -s "$work/wanted" "$work/printed"
        fi
        ;;
    *)
        if grep -q '^\.\.\.$' "$work/w"; then
            in_order "$work/w" "$work/p" 0
        else
            cmp -s "$work/w" "$work/p"
        fi
        ;;
    esac
}

check_backtrace() {
    inner=
    while read -r number function at place; do
        file=${place%:*}
        line=${place##*:}
        if [ -z "$inner" ]; then
            # Is this line inside of the function?
            text=$(sed -n "1,${line}p" "$file" | grep '^[a-z].*(' | tail -n 1)
            inner=$function
        else
            text=$(sed -n "${line}p" "$file")
        fi
        case $text in
        *"$inner("* | *[!a-z_]fn\(*) ;;
        *)
            echo "$number $function $at $place: no $inner( in: $text"
            return 1
            ;;
        esac
        inner=$function
    done <"$1"
}

# check_block FILE:LINE WORDS...: the block is in $work/block
check_block() {
    where=$1
    shift
    case ${1:-} in
    c | sh | make)
        [ -n "${2:-}" ] || return 0
        [ -f "$2" ] || { complain "$where: there is no $2"; return; }
        in_order "$work/block" "$2" 0 || complain "$where: not in $2"
        ;;
    diff)
        [ -n "${4:-}" ] || return 0
        diff -NU3 "$2/$4" "$3/$4" | sed 1,2d | grep '^[-+]' >"$work/diff"
        grep '^[-+]' "$work/block" >"$work/lines"
        in_order "$work/lines" "$work/diff" 1 ||
            complain "$where: not in the diff of $2/$4 and $3/$4"
        ;;
    console)
        # A bare system has no /etc/hosts.
        if grep -q localhost "$work/block" &&
            "$build/01-blocking/animals" -q --server http://localhost:1 cow 2>&1 |
            grep -q 'no such host\|look-up failed'; then
            echo "tutorial: $where: skipped: localhost is not known here"
            return
        fi
        check_console "$work/block" "${2:-} ${3:-}" || {
            complain "$where: the text (<) and what is printed (>), masked:"
            diff "$work/w" "$work/p" | head -n 40 >&2
        }
        ;;
    backtrace)
        check_backtrace "$work/block" || complain "$where: not so any more"
        ;;
    *) return 0 ;;
    esac
    blocks=$((blocks + 1))
}

# check_generated FILE: each "<!-- generated: SCRIPT ARGUMENT... -->" is followed,
# up to "<!-- end -->", by the output of this script.
check_generated() {
    sed -n 's/^<!-- generated: \(.*\) -->$/\1/p' "$1" >"$work/scripts"
    while read -r script; do
        awk -v begin="<!-- generated: $script -->" '
            $0 == "<!-- end -->" { inside = 0 }
            inside
            $0 == begin { inside = 1 }' "$1" >"$work/stands"
        # shellcheck disable=SC2086
        sh $script >"$work/made" </dev/null
        diff "$work/stands" "$work/made" >&2 ||
            complain "$1: the output of sh $script has changed"
    done <"$work/scripts"
}

# check_targets FILE: each `make WORD...` names targets of the Makefile, and
# examples and exercises that are there. N, A and B are stages, ID an exercise,
# NAME an example.
check_targets() {
    grep -o '`make [^`]*`' "$1" | tr -d '`' | sed 's/^make //' | tr ' ' '\n' |
        grep -v -e '=' -e '^-' -e '^"' -e '^[0-9]*"*$' -e '[^A-Za-z0-9_-]' |
        sed -e 's/diff-A-B/diff-1-2/' -e 's/-ID$/-1a/' -e 's/-NAME$/-tickers/' \
            -e 's/-N$/-2/' | sort -u >"$work/targets"
    # shellcheck disable=SC2046
    $make -n $(cat "$work/targets") >/dev/null 2>"$work/words" ||
        complain "$1: $(grep '\*\*\*' "$work/words" | head -n 1)"
    # The Makefile has a pattern for these, so make -n knows any name.
    for name in $(sed -n 's/^run-\([^x]\)/\1/p' "$work/targets"); do
        ls 0*/examples/"$name".[cp]* >/dev/null 2>&1 ||
            complain "$1: make run-$name: there is no such example"
    done
    for id in $(sed -n -e 's/^try-x$//' -e 's/^\(try\|hint\|answer\)-//p' \
        "$work/targets"); do
        [ -f "tests/exercises/$id.patch" ] ||
            complain "$1: exercise $id: there is no such exercise"
    done
}

# check_links FILE: each figure is there, each file that is linked, and each
# heading.
check_links() {
    # As hosting sites make them: small letters, hyphens in place of spaces.
    sed -n 's/^##* //p' "$1" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9\n-' |
        sed 's/^/#/' >"$work/anchors"
    grep -o '](#[^)]*)' "$1" | sed 's/^](//; s/)$//' | sort -u |
        grep -vxF -f "$work/anchors" >"$work/missing"
    [ ! -s "$work/missing" ] ||
        complain "$1: no heading for $(tr '\n' ' ' <"$work/missing")"
    grep -o '](\([^)#]*\))' "$1" | sed 's/^](//; s/)$//' | grep -v '^http' |
        while read -r path; do
            [ -e "$path" ] || echo "$path"
        done >"$work/missing"
    [ ! -s "$work/missing" ] ||
        complain "$1: there is no $(tr '\n' ' ' <"$work/missing")"
}

check_file() {
    # A file for each block: its opening line, then its text.
    rm -rf "$work/blocks"
    mkdir "$work/blocks"
    awk -v into="$work/blocks" -v name="$1" '
        /^```/ && !inside {
            inside = 1
            out = sprintf("%s/%04d", into, ++n)
            print name ":" NR " " substr($0, 4) >out
            next
        }
        /^```/ { inside = 0; close(out); next }
        inside { print >out }' "$1"
    for block in "$work"/blocks/*; do
        [ -f "$block" ] || continue
        sed 1d "$block" >"$work/block"
        # shellcheck disable=SC2046
        check_block $(head -n 1 "$block")
    done
    check_generated "$1"
    check_targets "$1"
    check_links "$1"
}

make=${MAKE:-make}
build=${BUILD:-build}
if [ -x "$build/farm" ]; then
    mkfifo "$work/address"
    "$build/farm" >"$work/address" 2>"$work/farm" &
    farm=$!
    read -r FARM <"$work/address" || complain "the farm does not start"
    export FARM
fi
if [ $# -eq 0 ]; then set -- README.md TUTORIAL.md WORKSHOP.md; fi
for file; do
    if [ -f "$file" ]; then check_file "$file"; fi
done
sh tests/hunks.sh || bad=1
if [ $bad -ne 0 ]; then cat "$work/farm" >&2; fi
[ $bad -eq 0 ] && echo "Text checked: $blocks blocks of $*"
exit $bad
