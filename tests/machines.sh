#!/bin/sh
# machines.sh - the programs and their unit tests on other machines: x86 of 32
# bits, arm64, and s390x, which is big-endian. They are built by cross-compilers
# (Debian: gcc-i686-linux-gnu, gcc-aarch64-linux-gnu, gcc-s390x-linux-gnu) and
# run by qemu-user. A machine whose tools are not installed is skipped; the
# units need Check for the machine (check:i386, after dpkg --add-architecture).
#
# Every program must get the same results from the farm as the program of this
# machine. MACHINES="i686" tests one machine only; QUICK=1 leaves out the units.
set -u

make=${MAKE:-make}
build=${BUILD:-build}
out=build/machines
bad=0
limit="timeout -s KILL 120" # an emulator may hang
export CK_DEFAULT_TIMEOUT=60
mkdir -p $out
trap '[ -z "${farm:-}" ] || kill "$farm"; rm -f "$out"/*.$$' EXIT

complain() {
    echo "check-machines: $*" >&2
    bad=1
}

# works COMMAND...: does this command compile and link a program?
works() {
    printf '#include <sys/socket.h>\nint main(void) { return 0; }\n' |
        "$@" -x c - -o $out/works.$$ 2>/dev/null
}

# ask RUNNER FOLDER: prints the results of a stage's two programs, without
# times.
ask() {
    # shellcheck disable=SC2086
    {
        $limit $1 "$2/animals" --server "$address" --delay 10 --typing 0 | sort
        $limit $1 "$2/crawl" "$address/site/" | sed '/^Finished/s/ in .*//'
    } 2>&1
}

# on NAME RUNNER COMPILER...
on() {
    name=$1
    runner=$2
    shift 2
    goals="$out/$name/farm"
    for stage in 0*-*; do
        goals="$goals $out/$name/$stage/animals $out/$name/$stage/crawl"
    done
    units=
    if [ -z "${QUICK:-}" ] && works "$@" -lcheck; then
        for unit in tests/test_*.c; do
            units="$units $out/$name/${unit%.c}"
        done
    fi
    # shellcheck disable=SC2086
    $make -s --no-print-directory "-j${JOBS:-2}" "BUILD=$out/$name" "CC=$*" \
        CFLAGS="-O2 -g -Werror" $goals $units || { bad=1; return; }
    for stage in 0*-*; do
        ask "" "$build/$stage" >$out/here.$$
        ask "$runner" "$out/$name/$stage" >$out/there.$$
        diff $out/here.$$ $out/there.$$ >&2 ||
            complain "$name: $stage finds something else"
        grep -q '^Finished' $out/here.$$ || complain "$stage: no crawl here"
    done
    # An emulated program cannot exec() another one.
    farms=$out/$name
    [ -z "$runner" ] || farms=$build
    checks=0
    for unit in $units; do
        # shellcheck disable=SC2086
        if ! BUILD=$farms $limit $runner "$unit" >$out/log.$$ 2>&1; then
            complain "$unit failed:"
            cat $out/log.$$ >&2
        fi
        n=$(sed -n 's/^.*Checks: \([0-9]*\),.*$/\1/p' $out/log.$$ | tail -n 1)
        checks=$((checks + ${n:-0}))
    done
    echo "check-machines: $name: all stages, $checks checks"
}

# under QEMU MACHINE: tests an emulated machine. If its libc is not installed,
# the programs are linked statically. (With `-L` instead, qemu-aarch64 7.2 hangs
# in pthread_create().)
under() {
    cc=$2-linux-gnu-gcc
    if works "$cc" && command -v "$1" >/dev/null; then
        export EMULATED=1
        "$1" $out/works.$$ 2>/dev/null || cc="$cc -static"
        # shellcheck disable=SC2086
        on "$2" "$1" $cc
    else
        echo "check-machines: $2: skipped: no $cc or $1"
    fi
}

"$build/farm" --port 0 --pace 0.1 >$out/address.$$ &
farm=$!
while ! grep -qs http $out/address.$$; do
    kill -0 "$farm" || exit 1
    sleep 0.1
done
address=$(cat $out/address.$$)

for machine in ${MACHINES:-i686 aarch64 s390x}; do
    if [ "$machine" != i686 ]; then
        under "qemu-$machine" "$machine"
    elif works gcc -m32; then
        on i686 "" gcc -m32
    elif works i686-linux-gnu-gcc; then
        on i686 "" i686-linux-gnu-gcc
    else
        echo "check-machines: i686: skipped: no gcc -m32, no i686-linux-gnu-gcc"
    fi
done
exit $bad
