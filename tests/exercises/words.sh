#!/bin/sh
# words.sh CHECK - runs the check of an exercise: a few lines of shell, made of the
# words below. The first word that fails prints "Not yet: ...", with the value that
# it saw and the value that it wanted, and ends the check with exit code 1. If all
# succeed, "Yes: ..." names the values that were seen. try.sh calls this script.
#
#   fact NAME PROGRAM WORD...
#       prints the number NAME of the program's --json: wall_s, asked, in_vain,
#       max_in_flight, peak_rss_kb, threads, connections ...
#   seen NAME PROGRAM WORD...
#       prints the number NAME of the farm's /stats for this run: requests,
#       connections, peak_concurrency ...
#   counted WORD PROGRAM WORD...
#       prints the number in front of this word in the program's output
#   between NAME LEAST MOST NUMBER [UNIT]
#       is the number in this range? NAME is for the reader, as in "the wall
#       time". A LEAST or MOST of - is no limit.
#   prints TEXT LINES PROGRAM WORD...
#       does the program print so many lines with TEXT in them? LINES is a
#       number or a range, as in 6-12.
#   whole_lines LINES PROGRAM WORD...
#       does the program print so many lines like "The cow says "Moo!".", whose
#       letters are not mixed with those of other lines?
#   served NUMBER PROGRAM WORD...
#       does the farm answer so many requests (or a range) for this run?
#   hangs SECONDS PROGRAM WORD...
#       is the program still running after so many seconds?
#   dies CODE PROGRAM WORD...
#       does the program end with this exit code: 0 to 125 its own, 134 if it
#       was aborted, 139 if it crashed?
#   clean PROGRAM WORD...
#       does a program that was built with a sanitizer (in $ASAN or $TSAN) end
#       without a report?
#   guess NAME LEAST MOST NUMBER
#       is the number that the participant typed in this range? Unlike between,
#       guess does not give the range away.
#   first_wins PROGRAM
#       does only the first animal that answers with a sound type a line, and
#       does the program end the fetches of all others?
#   with_line PLACE TEXT CHANGE
#       builds the first stage once more, with the line TEXT in front of each line
#       of animals.c that contains PLACE, and runs that program from here on in
#       place of $ANIMALS. CHANGE is for the reader, as in "a second return in
#       type()". Fails if the changed program cannot be built.
#   within SECONDS WORD...
#       the same word, but its program may only run for so long (otherwise 60 s)
#   perhaps="QUESTION?"
#       is printed when a program is still running because it waits
#   not_yet TEXT, also TEXT
#       for a check that needs more than these words: the first ends it, the
#       second adds to the line "Yes: ..."
#
# A check finds in its environment:
#
#   $ANIMALS, $CRAWL             the programs of the copy
#   $ANIMALS_3, $CRAWL_3 ...     the same, where a copy has several stages
#   $EXAMPLES                    the folder of the example programs
#   $ASAN, $TSAN, $UNOPTIMIZED   folders with the programs, built in these ways
#   $COPY                        the folder of the copy itself
#   $FARM                        the address of a farm
#   $GUESS1, $GUESS2             the numbers that the participant typed
set -u
export LC_ALL=C # numbers have a point
limit=60
change= # set by with_line
perhaps=

# --- Running programs ----------------------------------------------------------

# Ctrl-C reaches this shell, too, and ends it after the program. A program that
# ends with exit code 130 for another reason is judged as any other.
trap 'exit 130' INT TERM HUP

# run PROGRAM WORD...: leaves the exit code in $code, 124 if the program had to be
# ended, and the output in $here/out and $here/err.
run() {
    here=$(mktemp -d "$WORK/run.XXXXXX")
    echo "$*" >"$WORK/tried"
    code=0
    # An endless output is cut off at 4 MiB. A crash leaves no core.
    (
        ulimit -f 8192
        ulimit -c 0 2>/dev/null
        exec "$HARNESS" within "$limit" "$@"
    ) >"$here/out" 2>"$here/err" </dev/null || code=$?
}

# name PROGRAM...: for the reader; where the copy has several stages, with the
# stage: "animals of stage 3".
name() {
    of=
    if [ -n "${SEVERAL:-}" ]; then
        of=${1%/*}
        of=${of##*/0}
        of=" of stage ${of%%-*}"
    fi
    echo "${1##*/}$of"
}

# ended PROGRAM...: how the run ended, in words.
ended() {
    program=$(name "$@")
    case $code in
    124)
        cpu=$(sed -n 's/.* s, \([0-9]*\)[0-9.]* s of CPU$/\1/p' "$here/err" | tail -n 1)
        how="it waits for something that never comes${perhaps:+ ($perhaps)}"
        if [ "$cpu" -gt $((limit / 5)) ]; then how="it does not stop asking"; fi
        echo "$program was still running after $limit s: $how"
        ;;
    127) echo "there is no program $program yet" ;;
    134) echo "$program was aborted: $(grep -v ': Aborted' "$here/err" | tail -n 1)" ;;
    138 | 139) echo "$program crashed (a segmentation fault)" ;;
    *) echo "$program ended with exit code $code" ;;
    esac
}

# Did the program hang or crash? (130 is the exit code after Ctrl-C, and 153 of a
# program whose output has no end: see run().)
has_failed() {
    [ $code -eq 124 ] ||
        { [ $code -gt 125 ] && [ $code -ne 130 ] && [ $code -ne 153 ]; }
}

# --- The verdict ---------------------------------------------------------------

also() {
    seen=${change:+with $change }$1
    if ! grep -qxF -- "$seen" "$WORK/seen"; then echo "$seen" >>"$WORK/seen"; fi
}

not_yet() {
    echo "Not yet: ${change:+with $change }$1."
    exit 1
}

plural() {
    if [ "$1" = 1 ]; then echo "$1 $2"; else echo "$1 ${2}s"; fi
}

# comma NUMBER: 1,040; of a fraction no more than two digits: 1.52
comma() {
    echo "$1" | awk '{
        text = $1
        if (text ~ /\..../)
            text = sprintf("%.2f", $1)
        while (match(text, /^[0-9][0-9][0-9][0-9]+/)) {
            rest = "," substr(text, RLENGTH - 2) rest
            text = substr(text, 1, RLENGTH - 3)
        }
        print text rest
    }'
}

# wanted LEAST MOST: "between 8 and 12", in words.
wanted() {
    case $1,$2 in
    *,-) echo "at least $(comma "$1")" ;;
    -,*) echo "at most $(comma "$2")" ;;
    "$2,$1") echo "$(comma "$1")" ;;
    *) echo "between $(comma "$1") and $(comma "$2")" ;;
    esac
}

# is_between LEAST MOST NUMBER
is_between() {
    awk -v least="$1" -v most="$2" -v number="$3" 'BEGIN {
        exit !((least == "-" || number + 0 >= least + 0) \
            && (most == "-" || number + 0 <= most + 0))
    }'
}

# --- The words -------------------------------------------------------------------

# find_number NAME FILE: from JSON.
find_number() {
    sed -n "s/.*\"$1\":\([-+.0-9e][-+.0-9e]*\).*/\1/p" "$2" 2>/dev/null | head -n 1
}

fact() {
    fact=$1
    shift
    json=$(mktemp "$WORK/json.XXXXXX")
    run "$@" --json "$json"
    number=$(find_number "$fact" "$json")
    # between() prints the reason if there is no number.
    if [ -z "$number" ]; then
        why=$(ended "$@")
        case $code in
        0 | 1 | 130) why="$why and without its report: main() must come to its end" ;;
        esac
        echo "$why" >"$WORK/reason"
    fi
    echo "$number"
}

seen() {
    fact=$1
    shift
    "$HARNESS" get '/stats?reset' >/dev/null
    run "$@"
    "$HARNESS" get /stats >"$WORK/stats"
    number=$(find_number "$fact" "$WORK/stats")
    if [ $code -eq 124 ]; then number=; fi
    if [ -z "$number" ]; then ended "$@" >"$WORK/reason"; fi
    echo "$number"
}

counted() {
    text=$1
    shift
    run "$@"
    number=$(sed -n "s/^.*[^0-9,]\([0-9,]*[0-9]\) $text.*/\1/p" "$here/out" |
        head -n 1 | tr -d ,)
    if [ -z "$number" ]; then ended "$@" >"$WORK/reason"; fi
    echo "$number"
}

between() {
    unit=${5:+ $5}
    if [ -z "$4" ] && [ ! -s "$WORK/reason" ]; then exit 130; fi # Ctrl-C
    if [ -z "$4" ]; then not_yet "$(cat "$WORK/reason")"; fi
    is_between "$2" "$3" "$4" ||
        not_yet "$1 is $(comma "$4")$unit, and should be $(wanted "$2" "$3")"
    also "$(echo "$1" | sed 's/^the //; s/^number of //') $(comma "$4")$unit"
}

prints() {
    text=$1 least=${2%-*} most=${2#*-}
    shift 2
    run "$@"
    if has_failed; then not_yet "$(ended "$@")"; fi
    lines=$(cat "$here/out" "$here/err" | grep -c -F -e "$text")
    program=$(name "$@")
    if ! is_between "$least" "$most" "$lines"; then
        number=$(wanted "$least" "$most")
        if [ "$most" -eq 0 ]; then number=none; fi
        verb=contain
        if [ "$lines" -eq 1 ]; then verb=contains; fi
        not_yet "$(plural "$lines" line) of $program $verb \"$text\", and $number should"
    fi
    if [ "$lines" -gt 0 ]; then also "$(plural "$lines" line) with \"$text\""; fi
}

whole_lines() {
    wanted=$1
    shift
    run "$@"
    if [ $code -eq 124 ]; then not_yet "$(ended "$@")"; fi
    lines=$(grep -c '^The [a-z]* says "[^"]*"[.]$' "$here/out")
    if [ "$lines" -ne "$wanted" ]; then
        not_yet "$(name "$@") prints $(plural "$lines" "whole line"), \
and should print $wanted: the letters of two animals may not mix"
    fi
    also "$(plural "$lines" "whole line")"
}

served() {
    least=${1%-*} most=${1#*-}
    shift
    between "the number of requests" "$least" "$most" "$(seen requests "$@")"
}

hangs() {
    limit=$1
    shift
    run "$@"
    program=$(name "$@")
    if [ $code -ne 124 ]; then
        not_yet "$(ended "$@"), and should still be running after $limit s"
    fi
    also "$program was still running after $limit s"
    limit=60
}

dies() {
    wanted=$1
    shift
    run "$@"
    program=$(name "$@")
    if [ $code -eq 124 ]; then not_yet "$(ended "$@")"; fi
    if [ $code -eq 138 ]; then code=139; fi
    if [ $code -ne "$wanted" ]; then
        not_yet "$(ended "$@"); wanted is ${wanted}$(
            case $wanted in 134) echo ", aborted" ;; 139) echo ", a crash" ;; esac
        )"
    fi
    also "$(ended "$@")"
}

clean() {
    case $1 in
    none/*)
        also "(this compiler has no such sanitizer: not checked)"
        return
        ;;
    esac
    run "$@"
    report=$(grep -h 'Sanitizer: ' "$here/err" "$here/out" | head -n 1)
    if [ -n "$report" ]; then not_yet "${report#*: }"; fi
    if has_failed; then not_yet "$(ended "$@")"; fi
    also "no report of a sanitizer"
}

guess() {
    case $4 in
    "") not_yet "there is no number for $1" ;;
    *[!0-9.]*) not_yet "\"$4\" is no number" ;;
    esac
    is_between "$2" - "$4" || not_yet "$4 is not enough for $1"
    is_between - "$3" "$4" || not_yet "$4 is too much for $1"
}

first_wins() {
    between "the wall time" - 1 "$(fact wall_s "$1")" s
    left=$(fact descriptors_left "$1") # some systems do not count them
    between "the number of descriptors left open" 0 0 "${left:-0}"
    served 2-4 "$1" --max-tasks 2 # no fetch begins after the first answer
    # Slow typing; many answers at once; fetches that have not begun; a 404 first.
    for words in "" "--typing 4" "--delay 200" "--max-tasks 2" "--max-tasks 3" \
        "--max-tasks 2 nosuch pig cow dog" "nosuch pig nosuch cow"; do
        # shellcheck disable=SC2086
        prints ' says ' 1 "$1" $words
        if [ "$code" -ne 1 ]; then
            not_yet "$(ended "$1"), and should with code 1: the fetches that were \
given up count as failures"
        fi
    done
}

with_line() {
    place=$1 line=$2 change=$3
    folder=$COPY/.with-line
    path=${ANIMALS#*/"$COPY"/} # such as 02-threads/animals
    rm -rf "$folder"
    mkdir "$folder"
    cp -R "$COPY/${path%/*}" "$folder"
    awk -v place="$place" -v line="$line" '
        index($0, place) { print line }
        { print }' "$COPY/$path.c" >"$folder/$path.c"
    BUILD=${HARNESS%/harness}
    ANIMALS=$BUILD/$folder/$path
    ${MAKE:-make} -s --no-print-directory "BUILD=$BUILD" \
        "PLAYS=$folder/${path%/*}" "$ANIMALS" >"$WORK/with" 2>&1
    code=$?
    rm -rf "$folder"
    return $code
}

within() {
    limit=$1
    shift
    "$@"
    limit=60
}

: >"$WORK/seen"
: >"$WORK/reason"
eval "$1"
awk '{ text = text (NR > 1 ? ", " : ": ") $0 } END { print "Yes" text "." }' \
    "$WORK/seen"
