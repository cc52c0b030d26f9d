#!/bin/sh
# run.sh UNIT... - all tests: units, black box, the rules of the house, the
# text. Ends with "N passed, N failed".
set -u
passed=0
failed=0
skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# count PASSED FAILED SKIPPED
count() {
    passed=$((passed + $1))
    failed=$((failed + $2))
    skipped=$((skipped + $3))
}

# What unittest said: "Ran 9 tests in 1 s", "FAILED (failures=1, skipped=2)", or
# a suite of ours: "9 passed, 1 failed, 2 skipped".
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

for unit; do
    "$unit" >"$log" 2>&1
    code=$?
    cat "$log"
    # "100%: Checks: 8, Failures: 0, Errors: 0"
    set -- $(sed -n 's/^.*Checks: \(.*\), Failures: \(.*\), Errors: \(.*\)$/\1 \2 \3/p' "$log" | tail -n 1)
    if [ $# -ne 3 ] || { [ $code -ne 0 ] && [ $(($2 + $3)) -eq 0 ]; }; then
        echo "$unit ended with code $code" >&2
        count 0 1 0
    else
        count $(($1 - $2 - $3)) $(($2 + $3)) 0
    fi
done

if command -v python3 >/dev/null 2>&1; then
    for suite in tests/test_*.py; do
        python3 "$suite" >"$log" 2>&1
        code=$?
        set -- $(results)
        echo "Running $suite: $1 passed, $2 failed, $3 skipped"
        [ $code -eq 0 ] || cat "$log"
        if [ $code -ne 0 ] && [ "$2" -eq 0 ]; then set -- "$1" 1 "$3"; fi
        count "$1" "$2" "$3"
    done
else
    echo "black-box tests skipped: no python3 (see make doctor)"
    count 0 0 1
fi

for rule in layering carried budget; do
    if sh tests/$rule.sh; then
        echo "Rule kept: $rule"
        count 1 0 0
    else
        echo "Rule broken: $rule"
        count 0 1 0
    fi
done
if [ -n "${SANITIZE:-}" ]; then
    : # the text speaks of the ordinary build
elif sh tests/tutorial.sh; then
    count 1 0 0
else
    count 0 1 0
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
