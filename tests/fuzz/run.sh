#!/bin/sh
# run.sh SECONDS - runs each fuzzer for this time, beginning with the inputs
# kept here. Inputs that fail are in build/fuzz/found/: fix the bug, then keep
# the input in tests/fuzz/NAME/.
set -eu

seconds=${1:-60}
make=${MAKE:-make}
build=build/fuzz
if ! echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { (void)d; return n > 9; }' |
    clang -x c -fsanitize=fuzzer -o /dev/null - 2>/dev/null; then
    echo "fuzz: skipped: no clang with libFuzzer (Debian: clang libclang-rt-14-dev)" >&2
    exit 0
fi
names=$(cd tests/fuzz && ls fuzz_*.c | sed 's/^fuzz_\(.*\)\.c$/\1/')
targets=
for name in $names; do targets="$targets $build/tests/fuzz/fuzz_$name"; done
# shellcheck disable=SC2086
$make -s --no-print-directory BUILD=$build CC=clang CFLAGS="-O1 -g" FUZZ=1 $targets
mkdir -p $build/found
bad=0
for name in $names; do
    mkdir -p "$build/corpus/$name"
    log=$build/$name.log
    # shellcheck disable=SC2086
    if ! FUZZ_LOUD=1 $build/tests/fuzz/fuzz_$name -max_total_time="$seconds" \
        -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -max_len=65536 \
        -artifact_prefix="$build/found/$name-" \
        "$build/corpus/$name" "tests/fuzz/$name" >"$log" 2>&1; then
        echo "fuzz_$name found something ($log):" >&2
        grep -a -e '^==' -e 'not true' -e 'Test unit written' -e 'SUMMARY' "$log" >&2 || true
        bad=1
    fi
    sed -n "s/^stat::number_of_executed_units: */fuzz_$name: executions /p" "$log"
done
exit $bad
