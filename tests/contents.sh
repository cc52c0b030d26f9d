#!/bin/sh
# contents.sh - prints the contents of TUTORIAL.md: for each chapter its moment,
# and how many minutes it takes to read and to run.
#
# Reading: 200 words of text a minute, ten lines of code or output a minute.
# Running: for each command of a console block its seconds, see seconds(), and
# 15 seconds to type it and to look. Exercises, sources and small print are not
# counted.
set -eu
export LC_ALL=C # 0.5, not 0,5

awk '
    # The seconds of a command: those of most are hardly noticed.
    function seconds(command) {
        if (command ~ /stage-1/) return 13
        if (command ~ /deadlock/) return 22
        if (command ~ /make claims/) return 41
        if (command ~ /make compare/) return 30
        if (command ~ /animals_blocking/) return 11
        if (command ~ /crowd|make where/) return 6
        if (command ~ /make (stage|run)/) return 3
        return 1
    }
    function anchor(heading) {
        heading = tolower(heading)
        gsub(/[^a-z0-9 -]/, "", heading)
        gsub(/ /, "-", heading)
        return heading
    }
    function minutes(x) { return int(x + 0.5) > 0 ? int(x + 0.5) : "" }
    function finish() {
        if (heading == "") return
        gsub(/^ +| +$/, "", moment)
        sub(/\.$/, "", moment)
        printf "| [%s](#%s) | %s | %s | %s |\n", heading, anchor(heading), moment,
            minutes(words / 200 + lines / 10), minutes(running / 60)
        sum_reading += minutes(words / 200 + lines / 10)
        sum_running += minutes(running / 60)
    }
    BEGIN {
        print "| chapter | the moment | reading, min | running, min |"
        print "|---|---|---|---|"
    }
    /^```/ { inside = !inside; console = inside && /^```console/; next }
    inside {
        if (console && /^\$ /) running += seconds($0) + 15
        if (counted) lines++
        next
    }
    /^## / {
        finish()
        heading = substr($0, 4)
        if (heading == "Contents") heading = ""
        words = lines = running = 0
        moment = ""
        counted = 1
        next
    }
    /^### / { counted = !/Exercises|Sources/ }
    /^<details>/ { counted = 0 }
    /^\*\*You can now answer/ { counted = 1 }
    /^> / {
        line = substr($0, 3)
        if (sub(/.*\*\*The moment:\*\* /, "", line)) in_moment = 1
        if (in_moment) moment = moment " " line
    }
    !/^> / { in_moment = 0 }
    counted && !/^\|/ && !/^<!--/ && !/^!\[/ { words += NF }
    END {
        finish()
        printf "| all | | %d | %d |\n", sum_reading, sum_running
    }' "${1:-TUTORIAL.md}"
