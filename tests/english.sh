#!/bin/sh
# english.sh - comments name the thread, task, caller or byte that they are
# about: no "who", "whom", "whoever" or "whatever" in a // comment, outside
# quotes.
set -u

# free FILE...: prints "file:line: comment" for each such comment.
free() {
    awk '
        {
            text = $0
            gsub(/\047(\\.|[^\047\\])\047/, "", text)
            gsub(/"(\\.|[^"\\])*"/, "", text)
            at = index(text, "//")
            if (at == 0)
                next
            comment = substr(text, at)
            gsub(/`[^`]*`/, "", comment)
            if (tolower(comment) ~ /(^|[^a-z0-9_])(whom?|whoever|whatever)([^a-z0-9_]|$)/)
                print FILENAME ":" FNR ": " substr($0, index($0, "//"))
        }' "$@"
}

bad=0
for file in 0*/*.[chS] 0*/examples/*.[ch] common/*.[ch] common/*/*.[ch] \
    bench/*.[ch] bench/*/*.[ch] tests/*.[ch] tests/*/*.[ch]; do
    [ ! -f "$file" ] || set -- "$@" "$file"
done
if free "$@" | sed 's/^/english: /' | grep . >&2; then bad=1; fi

# It must find the words where they are free, and only there.
found=$(printf '%s\n' '// wakes who waits' 'f("//"); // Whatever comes,' \
    '// the one for whom it waits' 'puts("a // who");' '// "who" is a word' \
    '// whose turn it is' 'int who; // the `who` of wake_who()' |
    free - | cut -d : -f 2 | tr '\n' ' ')
if [ "$found" != "1 2 3 " ]; then
    echo "english: finds line $found of seven, not 1 2 3" >&2
    bad=1
fi
exit $bad
