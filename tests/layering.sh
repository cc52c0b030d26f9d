#!/bin/sh
# layering.sh - a stage includes files of its own folder and of common/, never
# of another stage, and so does a room of common/; common/ itself includes no
# file of a stage or a room. Only the comment above fetch() may name a stage.
set -u
bad=0

say() {
    echo "layering: $*" >&2
    bad=1
}

for folder in common common/*/ 0*-*; do
    folder=${folder%/}
    for file in "$folder"/*.[chS] "$folder"/examples/*.[ch]; do
        [ -f "$file" ] || continue
        for name in $(sed -n 's/^ *# *include *"\(.*\)".*/\1/p' "$file"); do
            case $name in
            */*) say "$file includes \"$name\": a path leads out" ;;
            *)
                [ -f "$folder/$name" ] || [ -f "common/$name" ] ||
                    [ -f "${file%/*}/$name" ] ||
                    say "$file includes \"$name\", which is neither in" \
                        "$folder nor in common"
                ;;
            esac
        done
    done
done

for folder in 0*-*; do
    for file in "$folder"/*; do
        name=${file##*/}
        case $name in
        *.c | *.h | *.S | examples) ;;
        *) say "$file: only C and examples/ belong into a stage" ;;
        esac
    done
    if [ -f "common/fetch.c" ] || [ -f "common/fetch.h" ]; then
        say "common/ holds a fetch: that is each stage's own"
    fi
    for file in "$folder"/*.[ch]; do
        grep -n '[Ss]tage *[1-6]\|0[1-6]-[a-z]' "$file" /dev/null >&2 &&
            say "$file names a stage"
    done
done
# Data of an engine must not collide with names of a project that takes it home.
for file in 0*-*/*.h; do
    grep -n '^extern' "$file" /dev/null |
        grep -v '[ *]\(async\|await\|loop\|task\|group\)_[a-z_]*;' >&2 &&
        say "$file: data of an engine has its prefix"
done
exit $bad
