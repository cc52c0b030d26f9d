#!/bin/sh
# claims.sh - puts sentences that are often heard about waiting beside what this
# machine says. The epilogue of TUTORIAL.md has their sources. The Makefile has
# built everything that is run here.
set -eu
export LC_ALL=C # 0.5, not 0,5

build=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# progress TEXT: a line that the next one replaces; only on a terminal.
progress() {
    if [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; then
        printf '\r\033[K%s' "$1" >&2
    fi
}

# claim SENTENCE WHO LINE...: the lines are what this machine says.
claim() {
    progress ""
    printf '"%s"\n    %s\n' "$1" "$2"
    shift 2
    printf '    -> %s\n' "$1"
    shift
    for line; do printf '       %s\n' "$line"; done
}

# row PANEL STAGE COLUMN: a number of make compare. The first panel compares
# twelve animals, the second a thousand.
row() {
    awk -v panel="$1" -v stage="$2" -v column="$3" '
        / wall s / { n++ }
        n == panel && $1 == stage && $2 !~ /^#/ { print $(column + 2) }' \
        "$work/compare"
}

# crowd STAGE: the last line of make crowd, with ten thousand at once.
crowd() {
    progress "Ten thousand animals at once, stage $1 ..."
    STAGE=$1 "$build/harness" crowd 2>/dev/null | tail -n 1 |
        sed 's/^the clients: //'
}

# nanoseconds NAME: the time that bench/switch has measured for this way.
nanoseconds() {
    awk -F '\t' -v name="$1" '$1 == name { print $2 }' "$work/switch"
}

progress "All stages side by side, half a minute ..."
NO_COLOR=1 "$build/harness" compare >"$work/compare" 2>/dev/null

claim "Waiting in a blocking call keeps your thread busy." \
    "heard in many talks" \
    "stage 1 waited for $(row 1 1 1) s, and used $(row 1 1 5) ms of CPU time."

claim "Asynchronous code is faster." "heard everywhere" \
    "twelve animals: threads $(row 1 2 1) s, poll() $(row 1 3 1) s," \
    "callbacks $(row 1 4 1) s, coroutines $(row 1 5 1) s, await $(row 1 6 1) s."

claim "Callbacks let one thread serve thousands of clients." \
    "notes of a podcast on asyncio" "$(crowd 4)"

claim "Threads do not scale to ten thousand sockets." \
    "notes of a talk at FOSDEM" "$(crowd 2)"

claim "A thread costs 50 KB, a coroutine 3 KB." \
    "A Web Crawler With asyncio Coroutines, 2015, of Python" \
    "a thread $(row 2 2 3) KB, a frame of stage 5 $(row 2 5 3) KB," \
    "a stack of stage 6 $(row 2 6 3) KB."

claim "Coroutines are more efficient than threads." \
    "links page of the coroutines demo" \
    "CPU time of a fetch, a thousand at once: threads $(row 2 2 2) us," \
    "stage 5 $(row 2 5 2) us, stage 6 $(row 2 6 2) us."

if [ -x "$build/bench/switch" ]; then
    progress "Ways to switch ..."
    "$build/bench/switch" 1 >"$work/switch"
    claim "Context switches are expensive." "notes of a talk at FOSDEM" \
        "resuming a generator $(nanoseconds "full generator") ns," \
        "switching stacks $(nanoseconds "stack switch") ns," \
        "handing over to another thread $(nanoseconds "thread hand-off, one core") ns."
fi

progress "Files and threads ..."
"$build/harness" run "$build/06-async-await-style/examples/run_blocking" \
    >"$work/blocking" 2>/dev/null

# ticks LINE: the number in a line of run_blocking.
ticks() {
    sed -n "s/^$1: \([0-9]*\) ticks.*/\1/p" "$work/blocking"
}

claim "An event loop can wait for files, too." "an open question in those notes" \
    "the selector refuses: $(sed -n 's/^readable(a file): //p' "$work/blocking")."

claim "Blocking calls belong in an executor." "notes of a talk at FOSDEM" \
    "during a call of 0.3 s in the loop, a clock of 10 ms ticks" \
    "$(ticks 'A call that blocks for 0.3 s') times; in a thread," \
    "$(ticks 'The same call in a thread') times."

claim "A framework can be written in under an hour." \
    "links page of the coroutines demo" \
    "the loop of stage 4 has $(cat 04-callbacks/loop.[ch] | wc -l | tr -d ' ') lines: time yourself."
