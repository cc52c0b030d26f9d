#!/bin/sh
# colour.sh - every function that waits is marked: the compilers refuse the
# mistakes that async.h lists, and no other code; and no function returns the
# result of a waiting function without await. Two stops of a generator on one
# line are refused as well.
#
# tests/colour/*.c begin with "// clean", or with "// error" or "// warning" (an
# error with -Werror). In the last two, the compilers must name the line that
# ends with "// refused", and no other line. Their words are not checked,
# because they change with each release.
set -u
stage=06-async-await-style
bad=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT

say() {
    echo "colour: $*" >&2
    bad=1
}

bare="-std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -I$stage -I05-coroutines -Icommon"
flags="$bare -Wall -Wextra -Wpedantic -Wshadow -Wconversion"

# compile COMPILER FLAG... FILE: writes the compiler's messages to $out.
compile() {
    LC_ALL=C "$@" -fsyntax-only >"$out" 2>&1
}

# blamed FILE KINDS: the lines of FILE that messages of these kinds name.
blamed() {
    sed -nE "s,^$1:([0-9]+):[0-9]+: ($2): .*,\1,p" "$out" | sort -u
}

# check FILE COMPILER FLAG...
check() {
    file=$1
    shift
    kind=$(sed -n '1s,^// ,,p' "$file")
    compile "$@" "$file"
    code=$?
    if [ "$kind" = clean ]; then
        [ $code -eq 0 ] || say "$file: refused by $*"
        [ ! -s "$out" ] || say "$file: $1: $(sed 1q "$out")"
        return
    fi
    line=$(grep -n '// refused$' "$file" | cut -d : -f 1)
    # An error in a macro names the macro's line; then a note names our line.
    blamed "$file" 'error|warning|note' | grep -qx "$line" ||
        say "$file: line $line is not named by $*: $(sed 1q "$out")"
    others=$(blamed "$file" 'error|warning' | grep -vx "$line" | tr '\n' ' ')
    [ -z "$others" ] || say "$file: refused as well by $*: line $others"
    grep -q ": $kind: " "$out" || say "$file: no $kind by $*"
    case $kind in
    error) [ $code -ne 0 ] || say "$file: accepted by $*" ;;
    warning)
        [ $code -eq 0 ] || say "$file: more than a warning by $*"
        compile "$@" -Werror "$file" && say "$file: accepted by $* -Werror"
        ;;
    *) say "$file: neither clean, error nor warning" ;;
    esac
}

compilers=0
for compiler in gcc clang; do
    command -v $compiler >/dev/null 2>&1 || continue
    case $compiler-$(gcc --version 2>/dev/null) in
    gcc-*clang*) continue ;; # on macOS, gcc is clang
    esac
    compilers=$((compilers + 1))
    for file in tests/colour/*.c; do
        # shellcheck disable=SC2086
        {
            check "$file" $compiler $bare
            check "$file" $compiler $flags
        }
    done
done
[ $compilers -gt 0 ] || say "neither gcc nor clang is here"

# unmarked FILE: "file:line: name" for each return of the result of a waiting
# function without await. `global` are the waiting functions of other files. An
# await inside a macro of your own is not seen: use a variable for its result.
unmarked() {
    awk -v global="$global" '
        # Returns the place where the parenthesis that opens at i is closed.
        function closing(text, i,    depth, c) {
            for (depth = 0; i <= length(text); i++) {
                c = substr(text, i, 1)
                depth += (c == "(") - (c == ")")
                if (depth == 0)
                    return i
            }
            return i
        }
        {
            sub(/\/\/.*/, "")
            text = text $0 "\n"
        }
        END {
            n = split(global, name, " ")
            rest = text
            while (match(rest, /async_int[ \n]+[A-Za-z0-9_]+\(/)) {
                word = substr(rest, RSTART, RLENGTH - 1)
                sub(/async_int[ \n]+/, "", word)
                name[++n] = word
                rest = substr(rest, RSTART + RLENGTH)
            }
            line = 1
            rest = text
            while (match(rest, /[^A-Za-z0-9_]return[^A-Za-z0-9_]/)) {
                before = substr(rest, 1, RSTART)
                line += gsub(/\n/, "", before)
                rest = substr(rest, RSTART + 1)
                statement = substr(rest, 1, index(rest, ";"))
                while (match(statement, /await[a-z_]*\(/)) {
                    end = closing(statement, RSTART + RLENGTH - 1)
                    statement = substr(statement, 1, RSTART - 1) \
                        substr(statement, end + 1)
                }
                for (i = 1; i <= n; i++) {
                    if (match(statement, "[^A-Za-z0-9_]" name[i] "\\(")) {
                        print FILENAME ":" line ": " name[i]
                        break
                    }
                }
            }
        }' "$1"
}

# The functions that other files can call: all that are not static.
global=$(cat $stage/*.h $stage/*.c | sed 's,//.*,,' |
    sed -n 's/^async_int \([A-Za-z0-9_]*\)(.*/\1/p' | sort -u | tr '\n' ' ')
for file in $stage/*.[ch] $stage/examples/*.[ch]; do
    [ -f "$file" ] || continue
    unmarked "$file" >"$out"
    [ -s "$out" ] || continue
    while read -r what; do
        say "$what() is returned without await"
    done <"$out"
done

# unmarked must find the mistakes in tests/colour, and nothing else.
for file in $(grep -l '^// clean' tests/colour/*.c); do
    found=$(unmarked "$file" | cut -d : -f 2 | tr '\n' ' ')
    wanted=$(sed -n 's,^// unmarked: ,,p' "$file")
    [ "$found" = "${wanted:+$wanted }" ] ||
        say "$file: the lines unmarked are ${wanted:-none}, found: $found"
done
exit $bad
