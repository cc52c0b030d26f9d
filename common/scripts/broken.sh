#!/bin/sh
# broken.sh PATCH - copies a stage to play/broken/, applies an example that is a
# patch, 0N-STAGE/examples/NAME.patch, builds the copy's animals, or its crawl if
# the patch changes that, and prints the path of this program.
set -eu

make=${MAKE:-make}
build=${BUILD:-build}
stage=${1%%/*}
name=$(basename "$1" .patch)
copy=play/broken/$name/$stage

rm -rf "play/broken/$name"
mkdir -p "play/broken/$name"
cp -R "$stage" "$copy"
if ! patch -s -p1 -d "play/broken/$name" <"$1"; then
    echo "broken: your $stage differs where $1 changes it." \
        "git stash puts it aside; git diff $stage shows it" >&2
    exit 1
fi
program=$build/$copy/animals
if grep -q '^+++ .*/crawl\.c' "$1"; then program=$build/$copy/crawl; fi
$make --no-print-directory -s "PLAYS=$copy" "$program" >&2
echo "$program"
