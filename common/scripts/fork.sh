#!/bin/sh
# fork.sh N DIR - a stage with what it needs from common/, in one folder that
# builds alone: for a project of your own.
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
# The harness and its drawings stay here; the farm comes along to try with.
for file in common/*.[ch]; do
    case $file in
    */harness.c | */compare.* | */stages.* | */runner.* | */timeline.*) ;;
    *) cp "$file" "$2" ;;
    esac
done
cp LICENSE "$2"
cat >"$2/Makefile" <<EOF
CC = cc
CFLAGS = -O2 -g -Wall -Wextra
# So that no large local steps over the guard below a small stack.
compiles = \$(shell echo 'int x;' | \$(CC) \$(1) -Werror -x c -c - -o /dev/null 2>/dev/null && echo \$(1))
PROBES := \$(call compiles,-fstack-clash-protection)
PROBES += \$(call compiles,--param=stack-clash-protection-guard-size=12)
STANDARD = -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE
SOURCES = \$(filter-out animals.c crawl.c farm.c,\$(wildcard *.c *.S))

all: animals crawl farm

animals crawl farm: %: %.c \$(SOURCES) \$(wildcard *.h)
	\$(CC) \$(STANDARD) -DSTAGE='"$stage"' -pthread \$(CFLAGS) \$(PROBES) \$< \$(SOURCES) -o \$@ -lm

clean:
	rm -f animals crawl farm

.PHONY: all clean
EOF
echo "$2 holds stage $1 and what it needs: make -C $2, then"
echo "$2/farm --port 8888 & $2/animals"
