#!/bin/sh
# try.sh ACTION [ID] - the exercises, which check themselves. Each is one file,
# tests/exercises/ID.patch; the README beside it describes such a file.
#
#   try ID      the first time: copies the stage to play/ID/, prints the task;
#               after that: builds the copy and checks it
#   try         the first exercise that is not done yet
#   try x       lists all exercises; runs nothing
#   hint ID     prints the task and a hint
#   answer ID   prints the answer, and checks a copy with it, play/answer-ID/
#   reset ID    moves the copy aside and makes a new one
#
# In the environment:
#
#   WATCH=1     checks again after each change of a file, until it is right
#   GUESS=      the numbers that some exercises ask for, as in GUESS="24 15"
#   UNCHANGED=1 checks a copy that is not changed yet, too
#   FUZZ=0      refuses a patch whose context differs from the stage
#
# Exit code: 0 yes, 1 not yet, 2 for a wrong command, 130 after Ctrl-C.
set -eu

make=${MAKE:-make}
build=${BUILD:-build}
play=${PLAY:-play} # the tests have folders of their own
exercises=${EXERCISES:-tests/exercises}
action=$1
id=${2:-}
ids=$(ls "$exercises" | sed -n 's/\.patch$//p')

# field NAME: that field of the exercise: the rest of its line, and the lines
# below it that are indented.
field() {
    awk -v name="$1:" '
        /^--- / { exit }
        /^[^ ]/ { on = index($0, name) == 1 }
        on { sub(/^[a-z]+: */, ""); sub(/^    /, ""); if ($0 != "") print }' \
        "$exercises/$id.patch"
}

# The answer, which begins with the first line of a patch.
answer() {
    sed -n '/^--- /,$p' "$exercises/$id.patch"
}

# Lines of at most 79 characters. A ~ is a space that is not broken.
wrap() {
    { tr '\n' ' ' && echo; } | sed 's/ *$//' | fold -s -w 79 | tr '~' ' ' |
        sed 's/ *$//'
}

# live TEXT: a line that the next one replaces; only on a terminal.
live() {
    if [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; then
        printf '\r\033[K%s' "$1" >&2
    fi
}

stars() {
    field stars | sed 's/1/*/; s/2/**/; s/3/***/'
}

# headline: number, stars, title and task.
headline() {
    printf '%s %s %s' "$id" "$(stars)" "$(field title)" | sed 's/[^?]$/&./'
    printf ' '
    field task
}

is_done() {
    [ -f "$play/$1/.done" ]
}

count_done() {
    n=0
    for each in $ids; do
        if is_done "$each"; then n=$((n + 1)); fi
    done
    echo "$n of $(echo "$ids" | wc -l | tr -d ' ') done"
}

# The first exercise that is not done; nothing if all are.
first_left() {
    for each in $ids; do
        if ! is_done "$each"; then
            echo "$each"
            return
        fi
    done
}

# next_after ID: the first one behind it that is not done, or the first of all.
next_after() {
    behind=
    for each in $ids; do
        if [ -n "$behind" ] && ! is_done "$each"; then
            echo "$each"
            return
        fi
        if [ "$each" = "$1" ]; then behind=1; fi
    done
    first_left
}

# --- Copies ------------------------------------------------------------------

# aside FOLDER: keeps it under another name.
aside() {
    i=1
    while [ -e "$1.old-$i" ]; do i=$((i + 1)); done
    mv "$1" "$1.old-$i"
    echo "Your copy so far is in $1.old-$i."
}

# apply FOLDER [-R]: applies a patch from stdin.
apply() {
    patch -s -p1 ${FUZZ:+-F "$FUZZ"} ${2:-} -d "$1" >/dev/null 2>&1 || {
        echo "try: your $stages differs where exercise $id changes it." \
            "git stash puts your changes aside." >&2
        exit 2
    }
    find "$1" -name '*.orig' -exec rm -f {} +
}

# begin FOLDER: fills it with the beginning of the exercise.
begin() {
    mkdir -p "$1"
    for stage in $stages; do
        cp -R "$stage" "$1"
        mkdir -p "$1/$stage/examples"
    done
    case $begins in
    "") ;;
    reversed) answer | apply "$1" -R ;;
    *) apply "$1" <"$begins" ;;
    esac
}

# The participant's copy, and beside it, hidden, how it began. It is made under
# another name first: Ctrl-C leaves no half of it.
make_copy() {
    new=$play/.new-$id-$$
    begin "$new/.begin"
    for stage in $stages; do cp -R "$new/.begin/$stage" "$new"; done
    mv "$new" "$play/$id"
}

# A folder with the answer applied. One that is there already and has been
# changed in the meantime is moved aside.
make_answer() {
    new=$play/.new-$id-$$
    begin "$new"
    if [ -n "$(answer)" ]; then answer | apply "$new"; fi
    if [ -d "$folder" ] && diff -r "$new" "$folder" >/dev/null 2>&1; then
        rm -rf "$new"
        return
    fi
    if [ -d "$folder" ]; then aside "$folder"; fi
    mv "$new" "$folder"
}

# changed FROM TO: how many lines of C differ between two folders.
changed() {
    total=0
    for file in $(
        for each in "$1" "$2"; do
            (cd "$each" && find . -name '*.[chS]' | grep -v '/\.')
        done | sort -u
    ); do
        lines=$(diff -N "$1/$file" "$2/$file" | grep -c '^[<>]' || true)
        total=$((total + lines))
    done
    echo "$total"
}

lines() {
    if [ "$1" = 1 ]; then echo "1 line"; else echo "$1 lines"; fi
}

# where: the copy, for the reader.
where() {
    case $stages in
    *' '*) echo "$play/$id, with stages $(field stage)" ;;
    *) echo "$play/$id/$stages" ;;
    esac
}

# --- Building ----------------------------------------------------------------

# make_quietly WORD...: runs make; prints the messages of the compiler only.
make_quietly() {
    code=0
    $make -s --no-print-directory "PLAYS=$plays" "$@" >"$work/made" 2>&1 ||
        code=1
    live ""
    grep -v '^g*make[^ ]*: ' "$work/made" >&2 || true
    return $code
}

# variant NAME WORD...: builds the same programs in another way, into a folder
# of that name. $variant is then where they are.
variant() {
    variant=$build/$1/$folder/$stage
    list=
    for program in $programs; do list="$list $variant/$program"; done
    shift
    # shellcheck disable=SC2086
    make_quietly "BUILD=${variant%"/$folder/$stage"}" "$@" $list
}

# sanitizer NAME FLAG: the same with a sanitizer; $variant is "none" where the
# compiler has it not.
sanitizer() {
    variant=none
    echo 'int main(void) { return 0; }' |
        ${CC:-cc} "-fsanitize=$2" -x c - -o /dev/null 2>/dev/null || return 0
    variant "$1" "SANITIZE=$1"
}

# Builds the programs of $folder that the check names, also with the sanitizer
# or the flags that it names. A mystery has both programs: its check may name
# one only, and the reader runs either.
build_copy() {
    plays=
    programs=
    list=
    for stage in $stages; do plays="$plays $folder/$stage"; done
    case $begins$check in
    reversed* | *'/animals'* | *'$ANIMALS'*) programs="animals" ;;
    esac
    case $begins$check in
    reversed* | *'/crawl'* | *'$CRAWL'*) programs="$programs crawl" ;;
    esac
    for example in $(echo "$check" |
        sed -n 's,.*$EXAMPLES/\([a-z_]*\).*,\1,p' | sort -u); do
        programs="$programs examples/$example"
    done
    for stage in $stages; do
        for program in $programs; do
            # A program that is not written yet is missed by the check.
            if [ -f "$folder/$stage/$program.c" ]; then
                list="$list $build/$folder/$stage/$program"
            else
                rm -f "$build/$folder/$stage/$program"
            fi
        done
    done
    live "Building ..."
    # shellcheck disable=SC2086
    if [ -n "$list" ]; then make_quietly $list || return 1; fi
    stage=${stages%% *}
    case $check in
    *'$ASAN'*) sanitizer asan address,undefined || return 1 ;;
    *'$TSAN'*) sanitizer tsan thread || return 1 ;;
    *'$UNOPTIMIZED'*) variant O0 "CFLAGS=-O0 -g" || return 1 ;;
    esac
}

# --- Checking: this part runs inside `harness run`, which has a farm ----------

# Prints "Yes: ..." or "Not yet: ...", and returns 0 or 1.
check_copy() {
    build_copy || return 1
    seconds=$(field seconds)
    live "Checking${seconds:+ (about $seconds s)} ..."
    export COPY="$folder" HARNESS="$build/harness" WORK="$work"
    if [ "$stages" != "${stages%% *}" ]; then export SEVERAL=1; fi
    export ASAN="${variant:-}" TSAN="${variant:-}" UNOPTIMIZED="${variant:-}"
    for each in $stages; do
        number=${each%%-*}
        export "ANIMALS_${number#0}=$build/$folder/$each/animals"
        export "CRAWL_${number#0}=$build/$folder/$each/crawl"
    done
    export ANIMALS="$build/$folder/$stage/animals"
    export CRAWL="$build/$folder/$stage/crawl"
    export EXAMPLES="$build/$folder/$stage/examples"
    code=0
    sh tests/exercises/words.sh "$check" >"$work/verdict" || code=$?
    live ""
    if [ $code -gt 1 ]; then return $code; fi
    { cat "$work/verdict"; if [ $code -eq 0 ]; then field observe; fi; } | wrap
    return $code
}

# passed: prints the lines below "Yes: ..."; the exercise is done.
passed() {
    : >"$play/$id/.done"
    theirs=$(answer | grep '^[-+]' | grep -c -v -e '^--- ' -e '^+++ ' || true)
    if [ "$theirs" -eq 0 ]; then
        printf 'In full: make~answer-%s.' "$id"
    else
        printf 'You changed %s, the answer %s: make~answer-%s.' \
            "$(lines "$(changed "$folder/.begin" "$folder")")" "$theirs" "$id"
    fi >"$work/passed"
    next=$(next_after "$id")
    if [ -n "$next" ]; then
        printf '~~ Next: make~try-%s' "$next"
    else
        printf '~~ That was the last one.'
    fi >>"$work/passed"
    printf '~~ (%s)' "$(count_done | tr ' ' '~')" >>"$work/passed"
    wrap <"$work/passed"
}

# check_own: the participant's copy; with WATCH=1 again after each change.
check_own() {
    watching=
    while :; do
        : >"$work/stamp"
        rm -f "$work/tried"
        code=0
        if [ -z "${UNCHANGED:-}" ] && [ -z "$(field asks)" ] &&
            [ "$(changed "$folder/.begin" "$folder")" -eq 0 ]; then
            echo "Nothing is changed yet."
            code=1
        else
            check_copy || code=$?
        fi
        if [ $code -ne 1 ]; then break; fi
        if [ -f "$work/tried" ]; then
            echo "Tried: $(sed "s,$FARM,http://127.0.0.1:8888,g
                s, ${FARM##*:} , 8888 ,
                s, --json [^ ]*$,," "$work/tried")"
        fi
        if [ -z "${WATCH:-}" ]; then exit 1; fi
        if [ -z "$watching" ]; then
            echo "Watching $folder: save a file, and it is checked again." \
                "Ctrl-C ends this."
            watching=1
        fi
        until find "$folder" -name '*.[chS]' -newer "$work/stamp" 2>/dev/null |
            grep -q .; do
            sleep 1
        done
        echo
    done
    if [ $code -ne 0 ]; then exit $code; fi
    passed
}

check_answer() {
    echo "The answer, checked:"
    check_copy || exit $?
}

# in_harness ACTION: the rest, with a farm. Does not return.
in_harness() {
    live "Building ..."
    plays=
    make_quietly "$build/farm" "$build/harness" || exit 1
    rm -rf "$work" # exec forgets the trap
    export GUESS1 GUESS2
    exec "$build/harness" run /bin/sh common/scripts/try.sh "$1" "$id"
}

# --- Actions -------------------------------------------------------------------

# ask: the numbers that the exercise asks for, from GUESS= or the terminal.
ask() {
    GUESS1=
    GUESS2=
    if [ -z "$(field asks)" ]; then return; fi
    if [ -z "${GUESS:-}" ] && [ -t 0 ]; then
        field asks >"$work/asks"
        while read -r question <&3; do
            printf '%s ' "$question"
            read -r number || exit 130
            GUESS="${GUESS:-} ${number:-?}"
        done 3<"$work/asks"
    fi
    # shellcheck disable=SC2086
    set -- ${GUESS:-}
    if [ $# -eq 0 ]; then
        echo "Your numbers: make try-$id GUESS=\"$(field asks | sed 's/.*/N/' |
            tr '\n' ' ' | sed 's/ $//')\""
        exit 1
    fi
    GUESS1=$1 GUESS2=${2:-}
}

try() {
    if [ ! -d "$play/$id" ]; then
        mkdir -p "$play"
        make_copy
        headline | wrap
        {
            printf 'Your copy: %s. ' "$(where)"
            if [ -z "$(field asks)" ]; then
                printf 'Edit it, then again:~make~try-%s. ' "$id"
            fi
            printf 'Stuck:~make~hint-%s. Give~up:~make~answer-%s.' "$id" "$id"
        } | wrap
        if [ -n "$begins" ]; then
            # To be looked at before it is edited.
            build_copy
            live ""
            for program in $programs; do
                echo "It is built: $build/$folder/$stage/$program"
            done
        fi
        if [ -z "$(field asks)" ]; then exit 0; fi
        if [ -z "${GUESS:-}" ] && [ ! -t 0 ]; then
            (ask) || true
            exit 0
        fi
    fi
    ask
    in_harness check-own
}

hint() {
    headline | wrap
    { printf 'Hint: '; field hint; } | wrap
}

answer_of() {
    folder=$play/answer-$id
    mkdir -p "$play"
    make_answer
    headline | wrap
    field answer | wrap
    if [ -n "$(answer)" ]; then
        echo
        answer
        echo
        echo "A copy with this answer is in $folder."
        if [ -d "$play/$id" ]; then
            for stage in $stages; do
                echo "Compare: diff -ru $play/$id/$stage $folder/$stage"
            done
        fi
    fi
    GUESS1=
    GUESS2=
    for number in $(field right); do
        if [ -z "$GUESS1" ]; then GUESS1=$number; else GUESS2=$number; fi
    done
    in_harness check-answer
}

reset() {
    if [ ! -d "$play/$id" ]; then
        echo "reset: there is no copy in $play/$id; make try-$id makes one" >&2
        exit 2
    fi
    if [ "$(changed "$play/$id/.begin" "$play/$id")" = 0 ]; then
        rm -f "$play/$id/.done"
        echo "$(where) is as the exercise begins."
        exit
    fi
    aside "$play/$id"
    make_copy
    echo "$(where) is as the exercise begins: make try-$id"
}

# Two to a row, so that all fit a screen.
list() {
    here=$(first_left)
    for id in $ids; do
        state=-
        if [ "$id" = "$here" ]; then state=here; fi
        if is_done "$id"; then state="done"; fi
        printf '%-4s %-2s %-3s %s\n' "$state" "$id" "$(stars)" "$(field title)"
    done | awk '
        {
            chapter = substr($2, 1, length($2) - 1)
            if (chapter != last)
                column = 0
            if (column % 2 == 0)
                printf "%s%-3s%s", (NR == 1 ? "" : "\n"),
                    (chapter == last ? "" : chapter), $0
            else
                printf "%*s%s", 40 - width, "", $0
            width = length($0)
            last = chapter
            column++
        }
        END { print "" }'
    echo "$(count_done).${here:+  Go on: make try}"
}

case $action:$id in
try:x)
    list
    exit
    ;;
try:)
    id=$(first_left)
    if [ -z "$id" ]; then
        echo "$(count_done).  make try-x lists them."
        exit
    fi
    # Which one is it?
    if [ -d "$play/$id" ]; then echo "Exercise $id: $(field title)"; fi
    ;;
esac
if [ -z "$id" ] || ! echo "$ids" | grep -qx -e "$id"; then
    {
        printf 'There is no exercise "%s". There are: ' "$id"
        echo "$ids"
    } | wrap >&2
    exit 2
fi

command -v patch >/dev/null 2>&1 || {
    echo "try: the exercises need the program patch (see make doctor)" >&2
    exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work" "$play/.new-$id-$$"' EXIT
trap 'live ""; exit 130' INT
trap 'exit 143' TERM HUP
stages=
for number in $(field stage); do
    stages="$stages${stages:+ }$(ls -d "0$number"-*)"
done
begins=$(field begins)
check=$(field check)
folder=$play/$id

case $action in
try) try ;;
hint) hint ;;
answer) answer_of ;;
reset) reset ;;
check-own) check_own ;;
check-answer)
    folder=$play/answer-$id
    check_answer
    ;;
esac
