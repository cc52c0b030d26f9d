#!/bin/sh
# run.sh NAME - runs an example. One that is a patch is a stage with something
# broken: the patch is shown, applied to a copy, built there and run.
set -eu

make=${MAKE:-make}
build=${BUILD:-build}
file=$(ls 0*/examples/"$1".c 0*/examples/"$1".patch 2>/dev/null | head -n 1)
list() {
    for file in 0*/examples/*; do
        name=${file##*/}
        printf 'make run-%-18s (%s)\n' "${name%.*}" "${file%%/*}"
    done
}
if [ "$1" = x ]; then
    list
    exit
fi
if [ -z "$file" ]; then
    { echo "run: there is no example \"$1\". There are:" && list; } >&2
    exit 2
fi
stage=${file%%/*}
case $file in
*.c)
    shift
    exec "$build/harness" run "$build/${file%.c}" "$@"
    ;;
esac

copy=play/broken/$1/$stage
rm -rf "play/broken/$1"
mkdir -p "play/broken/$1"
cp -R "$stage" "$copy"
echo "$stage with this patch:"
grep '^[-+]' "$file" | grep -v -e '^---' -e '^+++'
patch -s -p1 -d "play/broken/$1" <"$file"
$make --no-print-directory -s "PLAYS=$copy" "$build/$copy/animals"
echo
case $1 in
*deadlock*) exec "$build/harness" hangs "$build/$copy/animals" --delay 300 --typing 2 ;;
*) exec "$build/harness" run "$build/$copy/animals" --typing 4 ;;
esac
