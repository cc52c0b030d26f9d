#!/bin/sh
# doctor.sh - lists the tools that the project uses, and prints the command that
# installs the missing ones.
missing=
bad=0

# say found|missing NAME PURPOSE PACKAGE
say() {
    printf '%-9s%-23s %s\n' "$1" "$2" "$3"
    if [ "$1" = missing ]; then missing="$missing ${4:-$2}"; fi
}

# command_for NAME PURPOSE PACKAGE [needed]
command_for() {
    if command -v "$1" >/dev/null 2>&1; then
        say found "$1" "$2"
    else
        say missing "$1" "$2" "$3"
        if [ "${4:-}" = needed ]; then bad=1; fi
    fi
}

library_for() {
    if pkg-config --exists "$1" 2>/dev/null; then
        say found "$1" "$2"
    else
        say missing "$1" "$2" "$3"
    fi
}

echo "For the six stages:"
command_for "${CC:-cc}" "compiles everything" gcc needed
command_for make "builds everything" make needed
echo "For the tutorial:"
command_for nc "HTTP by hand, chapter 1" netcat-openbsd
command_for strace "the system calls, chapter 3" strace
command_for gdb "backtraces, chapters 4 and 6" gdb
echo "For the tests (make check) and the broken variants:"
command_for pkg-config "finds the libraries below" pkg-config
library_for check "unit tests" check
command_for python3 "black-box tests" python3
command_for patch "examples that are patches" patch
command_for clang "the second compiler, ThreadSanitizer" clang
workshop=$missing
missing=

echo "For more rows of make compare and make bench:"
library_for libcurl "libcurl and its headers" libcurl4-openssl-dev
library_for libuv "the peer of make bench" libuv1-dev
if python3 -c "import uvloop" 2>/dev/null; then
    say found uvloop "a faster loop for asyncio"
else
    say missing uvloop "a faster loop for asyncio" python3-uvloop
fi
echo "For make check-full, where there is something left to check:"
PATH=$PATH:/usr/sbin command_for nginx "a server that is not ours" nginx-light
command_for chromium "the page of make replay" chromium
command_for valgrind "memory and descriptors" valgrind
command_for qemu-aarch64 "another processor" qemu-user
command_for aarch64-linux-gnu-gcc "and its compiler" gcc-aarch64-linux-gnu
command_for i686-linux-gnu-gcc "a processor of 32 bits" gcc-i686-linux-gnu
command_for s390x-linux-gnu-gcc "one that is big-endian" gcc-s390x-linux-gnu
command_for musl-gcc "another libc" musl-tools

limit=$(ulimit -Hn)
if [ "$limit" != unlimited ] && [ "$limit" -lt 10100 ]; then
    echo "note: at most $limit open files (ulimit -Hn): ten thousand at once" \
        "will not fit"
fi
# The names above are Debian's; other systems have other names.
install() {
    if command -v apt-get >/dev/null 2>&1; then
        echo "To get $1: sudo apt-get install$2"
    else
        echo "To get $1, ask your package manager for:$2 (Debian's names)"
    fi
}
if [ -n "$workshop" ]; then install "what the tutorial and the tests need" "$workshop"; fi
if [ -n "$missing" ]; then install "the rest" "$missing"; fi
if [ -z "$workshop$missing" ]; then echo "Nothing is missing."; fi
exit $bad
