#!/bin/sh
# tables.sh chapter N | first-answer | one-mistake - tables for the text, made from
# the exercises: those of a chapter; the lines that the answers of "First answer
# wins" change; the ends of stages that do not give the screen back. (The last is
# run: it takes some ten seconds.)
set -eu
folder=tests/exercises

# of ID NAME: that field of its header, if it is one line.
of() {
    sed -n "s/^$2: //p" "$folder/$1.patch"
}

# lines ID [+-]: how many lines its answer adds or removes.
lines() {
    sed -n '/^--- /,$p' "$folder/$1.patch" | grep -v -e '^--- ' -e '^+++ ' |
        grep -c "^[$2]" || true
}

# chapter N: its exercises.
chapter() {
    echo "| | | |"
    echo "|---|---|---|"
    for file in "$folder/$1"?.patch; do
        id=$(basename "$file" .patch)
        echo "| \`make try-$id\` | $(of "$id" stars | sed 's/1/★/; s/2/★★/; s/3/★★★/')" \
            "| $(of "$id" title) |"
    done
}

first_answer() {
    echo "| exercise | stage | lines added | lines removed | in all |"
    echo "|---|---|---|---|---|"
    for id in 2d 4b 5d 6b; do
        added=$(lines $id +)
        removed=$(lines $id -)
        echo "| $id | $(ls -d "0$(of $id stage)"-*) | $added | $removed |" \
            "$((added + removed)) |"
    done
}

one_mistake() {
    PLAY=play/.tables-$$
    export PLAY
    trap 'rm -rf "$PLAY" "${BUILD:-build}/$PLAY"' EXIT
    trap 'exit 130' INT TERM
    echo "| stage | lines deleted | how it ends |"
    echo "|---|---|---|"
    # "... animals of stage 3 crashed ..., animals of stage 4 ended ..."
    sh common/scripts/try.sh answer 6c | sed -n '/^Yes: /,$p' | tr '\n' ' ' |
        sed "s/^Yes: //; s/\\. $(of 6c observe | cut -c 1-12).*//" |
        awk '{ gsub(/, animals of stage /, "\nanimals of stage "); print }' |
        while read -r _ _ _ number how; do
            stage=$(ls -d "0$number"-*)
            deleted=$(awk -v file="a/$stage/animals.c" '
                /^--- / { on = $2 == file; next }
                on && /^-/ { sub(/^- */, ""); printf "%s`%s`", n++ ? " " : "", $0 }' \
                "$folder/6c.patch")
            echo "| $stage | $deleted | $how |"
        done
}

case ${1:-} in
chapter) chapter "$2" ;;
first-answer) first_answer ;;
one-mistake) one_mistake ;;
*)
    echo "usage: tables.sh chapter N | first-answer | one-mistake" >&2
    exit 2
    ;;
esac
