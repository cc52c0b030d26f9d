#!/bin/sh
# engines.sh - each engine links without the rest of this repository: with the
# selector, timers, clock, pipe, mailbox, interrupts and the trace (which writes
# JSON). No options, no timing, no HTTP. So an engine is for any program.
set -u
build=${BUILD:-build}
cc=${CC:-cc}
sanitizers=
case ${SANITIZE:-} in
asan) sanitizers=-fsanitize=address,undefined ;;
tsan) sanitizers=-fsanitize=thread ;;
esac
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
bad=0

# objects FOLDER NAME...: those that this system has.
objects() {
    room=$build/$1
    shift
    for object; do
        [ -f "$room/$object.o" ] && echo "$room/$object.o"
    done
}

common=$(objects common selector selector_epoll selector_poll timers clock \
    pipe mailbox interrupt trace json)

# alone NAME STAGE ENGINE_FILE...: tests/engines/NAME.c with these objects only.
alone() {
    name=$1
    stage=$2
    shift 2
    # shellcheck disable=SC2046,SC2086
    if ! $cc -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE $sanitizers \
        -I"$stage" -Icommon "tests/engines/$name.c" $(objects "$stage" "$@") \
        $common -o "$out/$name" -lm -pthread 2>"$out/words"; then
        echo "engines: $stage: does not link alone:" >&2
        grep -i "undefined\|error" "$out/words" | head -n 5 >&2
        bad=1
        return
    fi
    greeted=$(grep -o '"\(loop\|task\|await\)"' "tests/engines/$name.c" |
        tr -d '"')
    if ! line=$("$out/$name") || [ "$line" != "Hello, $greeted." ]; then
        echo "engines: $stage: tests/engines/$name.c: not the line expected" >&2
        bad=1
    fi
}

alone callbacks 04-callbacks loop
alone coroutines 05-coroutines loop task
alone async 06-async-await-style loop async group wait dump executor stack \
    switch switch_asm
exit $bad
