#!/bin/sh
# expand.sh - what the preprocessor makes of a generator: the countdown of
# 05-coroutines, without its macros.
set -eu

file=05-coroutines/examples/countdown.c
[ -f "$file" ] || { echo "expand: there is no $file" >&2; exit 2; }
# From the head of the function to its closing brace.
text=$(${CC:-cc} -std=c11 -E -P -I05-coroutines -Icommon "$file" |
    awk '/^static enum co_state countdown\(/ { on = 1 } on { print } on && /^}/ { exit }')
if command -v clang-format >/dev/null 2>&1; then
    printf '%s\n' "$text" | clang-format --style=file
else
    printf '%s\n' "$text" | sed 's/\([;{}]\) */\1\
/g'
fi
