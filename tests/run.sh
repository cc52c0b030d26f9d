#!/bin/sh
# run.sh UNIT... - all tests: units, black box, the rules of the house, the
# text. Ends with the names of the failed tests, and "N passed, N failed, N
# skipped".
set -u
# Check's limit of four seconds is too short under a sanitizer on a busy
# machine.
export CK_DEFAULT_TIMEOUT=60
passed=0
failed=0
skipped=0
log=$(mktemp)
names=$(mktemp) # of the failed tests
text=$(mktemp) # output of tutorial.sh
reader=
trap 'rm -f "$log" "$names" "$text"; [ -z "$reader" ] || kill "$reader" 2>/dev/null' EXIT
trap 'exit 130' INT TERM
unset FARM CLOCK # the tutorial asks its readers to export FARM

# count PASSED FAILED SKIPPED
count() {
    passed=$((passed + $1))
    failed=$((failed + $2))
    skipped=$((skipped + $3))
}

# blame NAME SCRIPT: adds to the failed tests the lines that sed prints for the
# log, or NAME if sed prints none.
blame() {
    found=$(sed -n "$2" "$log")
    echo "${found:-$1}" >>"$names"
}

# Prints the numbers of passed, failed and skipped tests in the log of unittest,
# "Ran 9 tests in 1 s" and "FAILED (failures=1, skipped=2)", or in the log of a
# suite of ours, "9 passed, 1 failed, 2 skipped".
results() {
    awk '
        /^[0-9]+ passed, [0-9]+ failed/ { print $1, $3, $5 + 0; said = 1; exit }
        /^Ran [0-9]+ test/ { ran = $2 }
        /^(OK|FAILED)/ {
            n = split($0, part, /[ (,)]+/)
            for (i = 1; i <= n; i++) {
                split(part[i], pair, "=")
                if (pair[1] == "failures" || pair[1] == "errors")
                    bad += pair[2]
                if (pair[1] == "skipped")
                    skipped += pair[2]
            }
        }
        END { if (!said) print ran - bad - skipped, bad + 0, skipped + 0 }' "$log"
}

# tutorial.sh takes as long as all other tests and mostly waits, so it runs at
# the same time. (After Ctrl-C it ends after its current command.)
if [ -z "${SANITIZE:-}" ]; then # the text describes the ordinary build
    sh tests/tutorial.sh >"$text" 2>&1 &
    reader=$!
fi

for unit; do
    "$unit" >"$log" 2>&1
    code=$?
    cat "$log"
    # "100%: Checks: 8, Failures: 0, Errors: 0"
    set -- $(sed -n 's/^.*Checks: \(.*\), Failures: \(.*\), Errors: \(.*\)$/\1 \2 \3/p' "$log" | tail -n 1)
    if [ $# -ne 3 ] || { [ $code -ne 0 ] && [ $(($2 + $3)) -eq 0 ]; }; then
        echo "$unit ended with code $code" >&2
        echo "$unit: code $code" >>"$names"
        count 0 1 0
    else
        # tests/test_url.c:12:F:case:test:0: Assertion ...
        [ $(($2 + $3)) -eq 0 ] ||
            blame "$unit" '/^[^:]*:[0-9]*:[FE]:/p'
        count $(($1 - $2 - $3)) $(($2 + $3)) 0
    fi
done

# The fuzzers' first inputs, and all inputs that have ever failed.
for fuzzer in "${BUILD:-build}"/tests/fuzz/fuzz_*; do
    case $fuzzer in *.[od]) continue ;; esac
    kept=tests/fuzz/${fuzzer##*/fuzz_}
    if "$fuzzer" "$kept"/* >"$log" 2>&1; then
        count 1 0 0
    else
        cat "$log"
        echo "$fuzzer $kept" >>"$names"
        count 0 1 0
    fi
done

if command -v python3 >/dev/null 2>&1; then
    for suite in tests/test_*.py; do
        python3 "$suite" >"$log" 2>&1
        code=$?
        set -- $(results)
        echo "Running $suite: $1 passed, $2 failed, $3 skipped"
        if [ $code -ne 0 ]; then
            cat "$log"
            # unittest prints "FAIL: test" or "ERROR: test", a suite of ours
            # "FAILED: test"
            blame "$suite: code $code" \
                "s,^FAIL: ,$suite: ,p;s,^ERROR: ,$suite: ,p;s,^FAILED: ,$suite: ,p"
        fi
        if [ $code -ne 0 ] && [ "$2" -eq 0 ]; then set -- "$1" 1 "$3"; fi
        count "$1" "$2" "$3"
    done
else
    echo "black-box tests skipped: no python3 (see make doctor)"
    count 0 0 1
fi

# A sanitizer would make other exercises of them.
if [ -z "${SANITIZE:-}" ] && command -v patch >/dev/null 2>&1; then
    sh tests/exercises/run.sh >"$log" 2>&1
    code=$?
    set -- $(results)
    echo "Running tests/exercises: $1 passed, $2 failed, $3 skipped"
    if [ $code -ne 0 ]; then
        cat "$log"
        blame "tests/exercises: code $code" 's,^FAILED: ,tests/exercises: ,p'
        if [ "$2" -eq 0 ]; then set -- "$1" 1 "$3"; fi
    fi
    count "$1" "$2" "$3"
fi

for rule in layering carried budget colour english engines; do
    if sh tests/$rule.sh; then
        echo "Rule kept: $rule"
        count 1 0 0
    else
        echo "Rule broken: $rule"
        echo "rule: $rule" >>"$names"
        count 0 1 0
    fi
done
if [ -n "$reader" ]; then
    wait "$reader"
    code=$?
    reader=
    cat "$text"
    if [ $code -eq 0 ]; then
        count 1 0 0
    else
        echo "tests/tutorial.sh" >>"$names"
        count 0 1 0
    fi
fi

if [ -s "$names" ]; then
    echo "Failed:"
    sed 's/^/  /' "$names"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
