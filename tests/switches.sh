#!/bin/sh
# switches.sh - the unit tests of stage 6's engine with the other ways to switch
# stacks: ucontext, and aarch64 under qemu if the tools are installed (Debian:
# gcc-aarch64-linux-gnu qemu-user, and check:arm64 after dpkg
# --add-architecture arm64).
set -u

make=${MAKE:-make}
units=$(sed -n 's/^\(test_.*\)_FOLDER = 06-.*/\1/p' tests/rules.mk)
bad=0

# run_units BUILD RUNNER MAKE-ARGUMENT...
run_units() {
    build=$1
    runner=$2
    shift 2
    # shellcheck disable=SC2046,SC2086
    $make -s --no-print-directory -j2 "BUILD=$build" "$@" \
        $(for unit in $units; do echo "$build/tests/$unit"; done) || exit 1
    checks=0
    for unit in $units; do
        # shellcheck disable=SC2086
        if ! out=$(BUILD=$build $runner "$build/tests/$unit" 2>&1); then
            echo "$build/tests/$unit:" >&2
            echo "$out" | grep -a ':[FE]:' >&2
            bad=1
        fi
        n=$(echo "$out" | sed -n 's/^.*Checks: \([0-9]*\),.*$/\1/p' | tail -n 1)
        checks=$((checks + ${n:-0}))
    done
    echo "$build: $checks checks"
}

run_units build/ucontext "" SWITCH=ucontext
if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null &&
    [ -e /usr/lib/aarch64-linux-gnu/libcheck.a ]; then
    export EMULATED=1
    run_units build/aarch64 qemu-aarch64 CC=aarch64-linux-gnu-gcc
    run_units build/aarch64-ucontext qemu-aarch64 CC=aarch64-linux-gnu-gcc SWITCH=ucontext
else
    echo "aarch64: skipped: no cross compiler, qemu-user or check:arm64"
fi
exit $bad
