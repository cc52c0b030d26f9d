#!/bin/sh
# budget.sh - limits for the lines that change from stage to stage, and for the
# lengths of files and functions: a promise of how much there is to read.
set -u
. tests/changed.sh
bad=0

# within NAME FIGURE LIMIT
within() {
    if [ "$2" -gt "$3" ]; then
        echo "budget: $1: $2, over its $3" >&2
        bad=1
    fi
}

step() {
    from=$(echo 0"$1"-*)
    to=$(echo 0"$2"-*)
    [ -f "$from/fetch.c" ] && [ -f "$to/fetch.c" ] || return 0
    shared="fetch.h fetch.c animals.c crawl.c"
    # shellcheck disable=SC2086
    all=$(changed_lines "$from" "$to" $shared)
    within "changed lines $from to $to" "$all" "$3"
    within "changed lines $from to $to, fetch.c and animals.c" \
        "$(changed_lines "$from" "$to" fetch.c animals.c)" 210
    for file in $shared; do
        diff -NbBU0 "$from/$file" "$to/$file"
    done >/tmp/budget.$$
    words=$(grep -c '^[+-]\([^+-]\|$\)' /tmp/budget.$$)
    rm -f /tmp/budget.$$
    within "changed lines $from to $to that are only white space" \
        $((all - words)) $((all / 10))
}

step 1 2 90
step 2 3 450
step 3 4 420
step 4 5 330
step 5 6 330
if [ -f 06-async-await-style/fetch.c ]; then
    within "changed lines of fetch.c, stage 1 to 6" \
        "$(changed_lines 01-blocking 06-async-await-style fetch.c)" 50
fi

lines() {
    cat "$@" 2>/dev/null | wc -l
}
for stage in 0*-*; do
    [ -f "$stage/fetch.c" ] || continue
    within "lines of the four files of $stage" "$(lines "$stage/fetch.h" \
        "$stage/fetch.c" "$stage/animals.c" "$stage/crawl.c")" 520
done
within "lines of loop.[ch]" "$(lines 04-*/loop.h 04-*/loop.c)" 245
within "lines of coroutine.h" "$(lines 05-*/coroutine.h)" 120
within "lines of task.[ch]" "$(lines 05-*/task.h 05-*/task.c)" 310
within "lines of async.[ch] and the switch" \
    "$(lines 06-*/async.h 06-*/async.c 06-*/switch*)" 740
# The engine has more files: stacks, groups, waits, threads, sockets, dumps.
within "lines of the last engine, all of it" "$(cat 06-*/*.[chS] |
    wc -l | awk -v rest="$(lines 06-*/fetch.? 06-*/animals.c 06-*/crawl.c \
        06-*/loop.?)" '{ print $1 - rest }')" 1960

# Functions fit a screen.
for file in common/*.c common/*/*.c 0*/*.c 0*/examples/*.c; do
    [ -f "$file" ] || continue
    awk -v file="$file" '
        /^[a-z].*\(/ && !/;$/ { name = $0 }
        /^\{$/ { start = NR }
        /^\}$/ && start {
            most = name ~ / fetch\(/ ? 60 : 50
            if (NR - start + 1 > most) {
                print "budget: " file ": " name ": " NR - start + 1 " lines, over " most
                bad = 1
            }
            start = 0
        }
        END { exit bad }' "$file" >&2 || bad=1
done
exit $bad
