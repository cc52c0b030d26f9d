#!/bin/sh
# strace.sh N - prints the system calls of one fetch of stage N, shortened, from
# its socket() to its close(). The harness runs this script, with the farm's
# address in $FARM.
set -eu

stage=$(ls -d "0$1"-* 2>/dev/null) || { echo "strace: there is no stage $1" >&2; exit 2; }
build=${BUILD:-build}
if ! command -v strace >/dev/null 2>&1; then
    echo "strace: not installed; make doctor says how to get it (Linux only)" >&2
    exit 2
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! strace -f -qq -e signal=none -o "$log" "$build/$stage/animals" -q bird; then
    echo "strace: cannot trace here: is ptrace() allowed?" >&2
    exit 1
fi
# Removes the process number, and arguments that are of no interest here.
sed -e 's/^[0-9]* *//' \
    -e 's/{sa_family=AF_INET, sin_port=htons(\([0-9]*\)), sin_addr=inet_addr("\([^"]*\)")}, [0-9]*/\2:\1/' \
    -e 's/{fd=\([0-9]*\), events=\([A-Z|]*\)}/{\1, \2}/g' \
    -e 's/{fd=\([0-9]*\), revents=\([A-Z|]*\)}/{\1, \2}/g' \
    -e 's/\(recvfrom(.*\), 0, NULL, NULL)/\1)/' -e 's/\(sendto(.*\), 0, NULL, 0)/\1)/' \
    -e 's/\(SO_[A-Z]*TIMEO\)[_A-Z]*, "[^"]*", 16/\1, .../' -e 's/, 0x[0-9a-f]*, /, /' \
    -e 's/ <unfinished \.\.\.>$/ .../' \
    -e 's/ \(E[A-Z]*\) (.*)$/ \1/' "$log" |
    awk '
        /^socket\(AF_INET/ { on = 1 }
        /^(mmap|munmap|mprotect|madvise|brk|clock_|getrandom|rt_sig|sched_|exit|set_|rseq|clone3?)/ { next }
        on {
            # Aligns the results.
            if (match($0, / += [^=]*$/)) {
                result = substr($0, RSTART)
                sub(/^ +/, "", result)
                printf "%-45s %s\n", substr($0, 1, RSTART - 1), result
            } else
                print
        }
        on && /^connect\(/ { split($0, part, /[(,]/); fd = part[2] }
        on && fd != "" && $0 ~ "^close\\(" fd "\\)" { exit }'
