#!/bin/sh
# fork.sh N DIR - copies a stage, and the files of common/ that it includes,
# into one folder that can be built on its own, for a project of your own. With
# ONLY=engine in the environment, a small main.c takes the place of the two
# programs.
set -eu

die() {
    echo "$*" >&2
    exit 2
}

if [ $# -ne 2 ] || [ -z "$1" ] || [ -z "$2" ]; then
    die "usage: make fork STAGE=6 TO=dir [ONLY=engine]"
fi
stage=$(ls -d "0$1"-* 2>/dev/null) || die "fork: there is no stage $1"
to=$2
if [ -e "$to" ] && [ -n "$(ls -A "$to" 2>/dev/null)" ]; then
    die "fork: $to exists and is not empty"
fi
own=$(find "$stage" -maxdepth 1 -name '*.[chS]')
programs="animals crawl"
first=fetch.h
case ${ONLY:-} in
'') what="stage $1" ;;
engine)
    what="the engine of stage $1"
    own=$(echo "$own" | grep -v '/fetch\.[ch]$\|/animals\.c$\|/crawl\.c$' || :)
    programs=main
    case $1 in
    4) main=callbacks first=loop.h ;;
    5) main=coroutines first=task.h ;;
    6) main=async first=async.h ;;
    *) die "fork: stage $1 has no engine; 4, 5 and 6 have one" ;;
    esac
    ;;
*) die "fork: ONLY=$ONLY is unknown; there is ONLY=engine" ;;
esac

mkdir -p "$to"
# shellcheck disable=SC2086
cp $own LICENSE "$to"
if [ "$programs" = main ]; then
    echo "// main.c - the smallest program: greets, and ends." >"$to/main.c"
    sed 1d "tests/engines/$main.c" >>"$to/main.c"
fi
headers=$(cd "$to" && ls ./*.h) # of the stage; those of common/ follow

# A header that is included brings along the files that implement it: for
# selector.h these are selector.c, selector_epoll.c and selector_poll.c.
copied=
while
    names=$(cat "$to"/*.[ch] |
        sed -n 's/^ *# *include *"\(.*\)\.h".*/\1/p' | sort -u)
    [ "$names" != "$copied" ]
do
    copied=$names
    for name in $names; do
        for file in common/"$name".[ch] common/"$name"_*.c; do
            if [ -f "$file" ] && [ ! -f "$to/${file##*/}" ]; then
                cp "$file" "$to"
            fi
        done
    done
done

cat >"$to/Makefile" <<EOF
# From Six Ways to Wait: $what, and what it needs.
# To add a program hello.c, add hello here.
PROGRAMS = $programs

CC = cc
CFLAGS = -O2 -g
WARNINGS = -Wall -Wextra
STANDARD = -std=c11
$(sed -n '/^# Declare functions beyond POSIX/,/^endif/p' Makefile)
$(sed -n '/^# Touch every page of a large local/,/^PROBES +=/p' Makefile)
OBJECTS = \$(patsubst %,%.o,\$(basename \$(filter-out \$(PROGRAMS:%=%.c),\$(wildcard *.c *.S))))

all: \$(PROGRAMS)

\$(PROGRAMS): %: %.o \$(OBJECTS)
	\$(CC) \$(CFLAGS) \$^ -o \$@ -lm -pthread

%.o: %.c
	\$(CC) \$(STANDARD) \$(FEATURES) \$(WARNINGS) -DSTAGE='"$stage"' -pthread \$(CFLAGS) \$(PROBES) -MMD -MP -c \$< -o \$@

%.o: %.S
	\$(CC) \$(CFLAGS) -c \$< -o \$@

clean:
	rm -f \$(PROGRAMS) *.o *.d

.PHONY: all clean
.SECONDARY:

-include \$(wildcard *.d)
EOF

# describe FILE...: the first sentence in each file, as an item of a list.
describe() {
    for file; do
        awk '
            !/^\/\/ ./ { exit }
            { text = text substr($0, 4) " " }
            END {
                if (match(text, /[a-z)"][.:;] [A-Z]/))
                    text = substr(text, 1, RSTART)
                sub(/[.:]? *$/, "", text)
                sub(/ - /, "`: ", text)
                print "- `" text
            }' "$to/$file"
    done
}

# shellcheck disable=SC2016,SC2046,SC2086
{
    printf '# From *Six Ways to Wait*: %s\n\n' "$what"
    echo '`make` builds it, with any C11 compiler (`make CC=clang`). Each file'
    echo 'is compiled into an object of its own: after a change, `make`'
    echo 'compiles only the files that the change touches.'
    printf '\n**Read first:** `%s`; its comments are the manual.\n\n' "$first"
    echo '**Add a program:** write `hello.c` with a `main()`, and add `hello` to'
    echo '`PROGRAMS` in the Makefile. A file without a `main()` needs no line'
    echo 'there: it is linked into all programs.'
    printf '\n**What is here**, from the stage itself:\n\n'
    describe $headers
    printf '\nand what it needs:\n\n'
    describe $(cd "$to" && for file in ./*.h; do
        case " $(echo $headers) " in *" $file "*) ;; *) echo "$file" ;; esac
    done)
    printf '\n`LICENSE` belongs to these files: leave it with them.\n'
} >"$to/README.md"
echo "$to holds $what and what it needs; its README.md says what is where."
if [ "$programs" = main ]; then
    echo "make -C $to && $to/main"
else
    echo "With make farm in another terminal: make -C $to && $to/animals"
fi
