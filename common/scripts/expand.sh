#!/bin/sh
# expand.sh - prints a generator, the countdown of 05-coroutines, with its
# macros expanded. The preprocessor puts a macro on one line; the layout is made
# here, so that it is the same on every machine.
set -eu

file=05-coroutines/examples/countdown.c
[ -f "$file" ] || { echo "expand: there is no $file" >&2; exit 2; }
# From the head of the function to its closing brace.
${CC:-cc} -std=c11 -E -P -I05-coroutines -Icommon "$file" |
    awk '/^static enum co_state countdown\(/ { on = 1 } on { print } on && /^}/ { exit }' |
    awk '
    function is_label() {
        return line ~ /^(case [^:?]*|[a-z_]+):;?$/
    }
    # Prints the line so far. Labels are indented one step less, and the body of
    # an if or a loop without braces one step more.
    function flush(    depth) {
        sub(/ +$/, "", line)
        if (line != "") {
            depth = indent + extra - is_label()
            while (depth-- > 0)
                printf "    "
            print line
            extra = 0
        }
        line = ""
    }
    # Returns the next word after place i, or the next character.
    function next_word(i,    rest) {
        rest = substr(text, i + 1)
        sub(/^[ \n]+/, "", rest)
        return match(rest, /^[a-z]+/) ? substr(rest, 1, RLENGTH) : substr(rest, 1, 1)
    }
    { text = text $0 "\n" }
    END {
        for (i = 1; i <= length(text); i++) {
            c = substr(text, i, 1)
            if (c == "\"" && substr(text, i - 1, 1) != "\\")
                quoted = !quoted
            if (quoted) {
                line = line c
                continue
            }
            if (c == "\n" || c == " ") {
                if (line != "" && line !~ / $/)
                    line = line " "
                if (c == "\n" && indent == 0 && next_word(i) == "{")
                    flush()
                continue
            }
            if (c == "}") {
                flush()
                indent--
            }
            line = line c
            open += (c == "(") - (c == ")")
            if (open > 0)
                continue
            if (c == "{") {
                flush()
                indent++
            } else if (c == ")" && line ~ /^(if|for|while) / && next_word(i) != "{") {
                flush()
                extra = 1
            } else if (c == ";" || (c == "}" && next_word(i) != "while") ||
                (is_label() && next_word(i) != ";"))
                flush()
        }
    }'
