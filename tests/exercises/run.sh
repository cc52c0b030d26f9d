#!/bin/sh
# run.sh [ID...] - the rule for the exercises: the unchanged copy fails its check,
# and the answer passes. Of those with a question, a wrong number fails and the
# right one passes. Each patch fits its stage exactly, without fuzz. Several at a
# time (JOBS=8).
#
# Without IDs: all but those that need a sanitizer or a build without
# optimisation. "special" stands for just these.
set -u
unset GUESS WATCH
build=${BUILD:-build}
folder=tests/exercises
PLAY=play/.exercises-$$ # play/ is not a participant's here
FUZZ=0
export PLAY FUZZ MAKE="${MAKE:-make}" BUILD="$build"

# one ID: prints "ok ID", or "FAILED: exercise ID: ..." and the output of try.sh.
one() {
    id=$1
    log=$PLAY/$id.log
    wrong=$(sed -n 's/^wrong: //p' "$folder/$id.patch")
    sh common/scripts/try.sh try "$id" >"$log" 2>&1
    UNCHANGED=1 GUESS="$wrong" sh common/scripts/try.sh try "$id" >>"$log" 2>&1
    code=$?
    if [ $code -ne 1 ] || ! grep -q '^Not yet: ' "$log"; then
        echo "FAILED: exercise $id: its beginning does not fail its check (code $code)"
        cat "$log"
        return
    fi
    sh common/scripts/try.sh answer "$id" >"$log.answer" 2>&1
    code=$?
    if [ $code -ne 0 ] || ! grep -q '^Yes' "$log.answer" ||
        grep -q 'words\.sh: ' "$log" "$log.answer"; then
        echo "FAILED: exercise $id: its answer does not pass its check (code $code)"
        cat "$log.answer"
        return
    fi
    echo "ok $id"
    if [ -n "${V:-}" ]; then
        grep -h '^Not yet' "$log"
        grep -h '^Yes' "$log.answer"
    fi
}

if [ "${1:-}" = --one ]; then
    PLAY=$2
    one "$3"
    exit
fi
trap 'rm -rf "$PLAY" "$build/$PLAY" "$build"/*/"$PLAY"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$PLAY"
special=$(grep -l -e '\$TSAN' -e '\$ASAN' -e '\$UNOPTIMIZED' "$folder"/*.patch)
case ${1:-} in
"") list=$(printf '%s\n' "$folder"/*.patch "$special" | sort | uniq -u) ;;
special) list=$special ;;
esac
if [ -n "${list:-}" ]; then
    # The longest ones first.
    # shellcheck disable=SC2046
    set -- $(for file in $list; do
        id=${file##*/}
        echo "$(sed -n 's/^seconds: //p' "$file") ${id%.patch}"
    done | sort -rn | sed 's/.* //')
fi
# All copies are linked with one build of common/.
$MAKE -s --no-print-directory "$build/farm" "$build/harness" \
    "$build/common/common.a" >/dev/null || exit 1
printf '%s\n' "$@" |
    xargs -n 1 -P "${JOBS:-8}" sh "$folder/run.sh" --one "$PLAY" >"$PLAY/results"
cat "$PLAY/results"
passed=$(grep -c '^ok ' "$PLAY/results")
failed=$(($# - passed))
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
