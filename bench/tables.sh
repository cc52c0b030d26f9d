#!/bin/sh
# tables.sh TABLE - prints a table of TUTORIAL.md or README.md from
# bench/results.csv, the medians of the last full make bench (see make results):
#
#   machine     where and when it was measured
#   three-ways  threads, poll() and callbacks, for chapter 4
#   six-ways    all stages and libcurl, for the epilogue
set -eu
export LC_ALL=C # 0.5, not 0,5

. tests/changed.sh

# value CASE PROGRAM COLUMN: CASE may be the beginning of a name. Columns: 1 CPU
# microseconds (or seconds), 2 bytes, 3 wall seconds.
value() {
    awk -v case_="$1" -v program="$2" -v column="$3" '
        {
            if (match($0, /^"[^"]*",/)) {
                name = substr($0, 2, RLENGTH - 3)
                rest = substr($0, RLENGTH + 1)
            } else {
                name = $0
                sub(/,.*/, "", name)
                rest = substr($0, length(name) + 2)
            }
            split(rest, fields, ",")
        }
        index(name, case_) == 1 && fields[1] == program { print fields[2 + column] }' \
        bench/results.csv | head -n 1
}

# micros CASE PROGRAM: as in "27 µs"; "-" without a result.
micros() {
    value "$1" "$2" 1 | awk '{ printf "%.0f µs", $1 } END { if (NR == 0) print "-" }'
}

THOUSAND="1,000 in flight"
CROWD="10,000 in flight, equal"
SPREAD="10,000 in flight, delays spread"

three_ways() {
    echo "| | threads | \`poll()\` | callbacks |"
    echo "|---|---|---|---|"
    printf '| ten animals, 0.3 s each: time on the clock '
    for stage in 02-threads 03-nonblocking 04-callbacks; do
        printf '| %.2f s ' "$(value "sweep, s" "$stage at 10" 1)"
    done
    printf '|\n| a thousand at once: CPU time a fetch '
    for stage in 02-threads 03-nonblocking 04-callbacks; do
        printf '| %s ' "$(micros "$THOUSAND" "$stage")"
    done
    printf '|\n| ten thousand, answers spread over 5 s: CPU time a fetch '
    for stage in 02-threads 03-nonblocking 04-callbacks; do
        printf '| %s ' "$(micros "$SPREAD" "$stage")"
    done
    echo '|'
}

# row NAME PROGRAM LINES CANCELLING
row() {
    bytes=$(value "$CROWD" "$2" 2 |
        awk '{ printf $1 < 1000 ? "%.0f bytes" : "%.1f KiB", $1 < 1000 ? $1 : $1 / 1024 }')
    echo "| $1 | ${bytes:--} | $(micros "$THOUSAND" "$2") | $(micros "$CROWD" "$2")" \
        "| $(micros "$SPREAD" "$2") | $3 | $4 |"
}

# lines STAGE: of the four files.
lines() {
    cat "$1/fetch.h" "$1/fetch.c" "$1/animals.c" "$1/crawl.c" | wc -l | tr -d ' '
}

six_ways() {
    echo "| | memory per waiting fetch | CPU time a fetch: 1,000 at once" \
        "| 10,000 at once | 10,000, answers spread over 5 s" \
        "| lines of the four files | to cancel is |"
    echo "|---|---|---|---|---|---|---|"
    echo "| 1 blocking | - | - | - | - | $(lines 01-blocking) | a time limit for each call |"
    row "2 threads" 02-threads "$(lines 02-threads)" \
        "a time limit for each call"
    row "3 non-blocking" 03-nonblocking "$(lines 03-nonblocking)" \
        "a comparison in the loop"
    row "4 callbacks" 04-callbacks "$(lines 04-callbacks)" \
        "\`fetch_end\`, whichever function is armed"
    row "5 coroutines" 05-coroutines "$(lines 05-coroutines)" \
        "a close: it continues at \`leave\`"
    row "6 async/await" 06-async-await-style "$(lines 06-async-await-style)" \
        "an error from \`await\`"
    row "libcurl multi" "libcurl multi" - "\`curl_multi_remove_handle\`"
}

case ${1:-} in
machine) sed -n 's/^machine,"\(.*\)".*/Measured on: \1. `make bench` prints the numbers of your machine./p' bench/results.csv ;;
three-ways) three_ways ;;
six-ways) six_ways ;;
*)
    echo "usage: tables.sh machine | three-ways | six-ways" >&2
    exit 2
    ;;
esac
