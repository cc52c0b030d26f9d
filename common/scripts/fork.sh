#!/bin/sh
# fork.sh N DIR - copies a stage and common/ into one folder that can be built
# on its own, for a project of your own.
set -eu

if [ $# -ne 2 ] || [ -z "$1" ] || [ -z "$2" ]; then
    echo "usage: make fork STAGE=2 TO=dir" >&2
    exit 2
fi
stage=$(ls -d "0$1"-* 2>/dev/null) || { echo "fork: there is no stage $1" >&2; exit 2; }
if [ -e "$2" ] && [ -n "$(ls -A "$2" 2>/dev/null)" ]; then
    echo "fork: $2 exists and is not empty" >&2
    exit 2
fi
mkdir -p "$2"
find "$stage" -maxdepth 1 -type f -exec cp {} "$2" \;
cp common/*.[ch] LICENSE "$2"
cat >"$2/Makefile" <<EOF
# Stage $1 of Six Ways to Wait, with what it needs.
CC = cc
CFLAGS = -O2 -g -Wall -Wextra
# So that no large local skips the guard below a small stack.
compiles = \$(shell echo 'int x;' | \$(CC) \$(1) -Werror -x c -c - -o /dev/null 2>/dev/null && echo \$(1))
PROBES := \$(call compiles,-fstack-clash-protection)
PROBES += \$(call compiles,--param=stack-clash-protection-guard-size=12)
STANDARD = -std=c11
$(sed -n '/^# Declare functions beyond POSIX/,/^endif/p' Makefile)
PROGRAMS = animals crawl
OBJECTS = \$(patsubst %,%.o,\$(basename \$(filter-out \$(PROGRAMS:%=%.c),\$(wildcard *.c *.S))))

all: \$(PROGRAMS)

\$(PROGRAMS): %: %.o \$(OBJECTS)
	\$(CC) \$(CFLAGS) \$^ -o \$@ -lm -pthread

%.o: %.c
	\$(CC) \$(STANDARD) \$(FEATURES) -DSTAGE='"$stage"' -pthread \$(CFLAGS) \$(PROBES) -MMD -MP -c \$< -o \$@

%.o: %.S
	\$(CC) -c \$< -o \$@

clean:
	rm -f \$(PROGRAMS) *.o *.d

.PHONY: all clean
.SECONDARY:

-include \$(wildcard *.d)
EOF
echo "$2 holds stage $1 and what it needs. With make farm in another terminal:"
echo "make -C $2 && $2/animals"
