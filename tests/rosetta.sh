#!/bin/sh
# rosetta.sh TABLE - prints a table of TUTORIAL.md's Rosetta: the steps of a
# Python original, and the lines here that correspond. TABLE is demo, talk,
# chapter or course.
set -eu

# here FILE WHAT: a link to the lines of "name(", "struct name" or "#define
# NAME".
here() {
    lines=$(awk -v what="$2" '
        !first && /^[a-z#]/ && !/;$/ && (at = index($0, what)) &&
            (what ~ /\($/ || substr($0, at + length(what), 1) !~ /[a-z_]/) &&
            (at == 1 || substr($0, at - 1, 1) !~ /[a-z_]/) {
            first = NR
            macro = /^#/
        }
        first && !last && (macro ? !/\\$/ : /^}/) { last = NR }
        END { if (last) print first, last }' "$1")
    if [ -z "$lines" ]; then
        echo "rosetta: $1 has no $2" >&2
        kill $$ # this is a subshell, whose exit code nobody sees
        exit 1
    fi
    name=${2%%(*}
    # shellcheck disable=SC2086
    set -- "$1" "${name##* }" $lines
    printf '`%s` ([%s:%s](%s#L%s-L%s))' "$2" "${1##*/}" "$3" "$1" "$3" "$4"
}

# row STEP THERE HERE...
row() {
    printf '| %s | %s | %s' "$1" "$2" "$3"
    shift 3
    for each; do printf ', %s' "$each"; done
    echo " |"
}

head_of() {
    echo "| $1 | what it does there | here |"
    echo "|---|---|---|"
}

demo() {
    head_of "file"
    row 10.py "two blocking fetches, one after the other" \
        "$(here 01-blocking/fetch.c "fetch(")"
    row 20.py "a selector and one callback; still reads in a hot loop" \
        "$(here 03-nonblocking/examples/spin.c "ask_all(")" \
        "$(here 03-nonblocking/fetch.c "fetch(")"
    row 30.py "a callback for each step" \
        "$(here 04-callbacks/fetch.c "connecting(")" \
        "$(here 04-callbacks/fetch.c "receiving(")" \
        "$(here 04-callbacks/loop.c "loop_run(")"
    row 40.py "a future in place of the callback" \
        "$(here 04-callbacks/examples/future.h "struct future")" \
        "$(here 05-coroutines/task.c "future_set(")"
    row 50.py "a task that drives coroutines" \
        "$(here 05-coroutines/task.c "resume(")" \
        "$(here 05-coroutines/fetch.c "fetch(")" \
        "$(here 06-async-await-style/fetch.c "fetch(")"
}

talk() {
    head_of "example"
    row animals.py "one animal after the other" "$(here 01-blocking/animals.c "speak(")"
    row animals_thread_wrong.py "threads without a lock: mixed letters" \
        '`make run-animals_unlocked`'
    row animals_thread_correct.py "threads with a lock" \
        "$(here 02-threads/animals.c "type(")"
    row animals_thread_deadlock.py "an exception between lock and unlock" \
        '`make run-animals_deadlock`'
    row animals_thread_contextmanager.py "a lock that is always given back" \
        'exercise 2c'
    row "iterator.py, generator.py" "the iteration protocol, a generator" \
        "$(here 05-coroutines/examples/countdown.c "iterator_next(")" \
        "$(here 05-coroutines/examples/countdown.c "countdown(")"
    row pep342.py "values are sent in" "$(here 05-coroutines/coroutine.h "co_send(")"
    row generator_delegation_wrong.py "delegating by hand loses what is sent" \
        "$(here 05-coroutines/examples/footrace.c "by_hand(")"
    row "generator_delegation_correct.py, _return.py" '`yield from`' \
        "$(here 05-coroutines/examples/footrace.c "delegating(")" \
        "$(here 05-coroutines/coroutine.h "#define CO_FROM")"
    row "human_event_loop.py, coroutine_by_hand.py" "a person is the event loop" \
        '`make run-drive_by_hand`'
    row animals_async34.py "animals as generator-based coroutines" \
        "$(here 05-coroutines/animals.c "speak(")"
    row animals_async35.py "animals with async and await" \
        "$(here 06-async-await-style/animals.c "speak(")"
    row "animals_gevent_wrong.py, _correct.py" "switches that are not seen" \
        "$(here 06-async-await-style/examples/lost_update.c "write_log(")"
    row radecho.py "an echo server with the animation" \
        "$(here 04-callbacks/examples/radecho.c "on_readable(")" \
        "$(here 06-async-await-style/examples/radecho.c "serve(")"
}

chapter() {
    head_of "part"
    row blocking-fetch.py "a blocking crawler" "$(here 01-blocking/crawl.c "work(")"
    row threads.py "what a thread costs in memory" '`make crowd STAGE=2`'
    row non-blocking-fetch-stupid.py "asks again and again" '`make run-spin`'
    row loop-with-callbacks.py "Fetcher.connected, read_response; the loop" \
        "$(here 04-callbacks/fetch.c "connecting(")" \
        "$(here 04-callbacks/fetch.c "receiving(")" \
        "$(here 04-callbacks/loop.c "loop_run(")"
    row loop-with-coroutines.py "Future, Task, read_all with \`yield from\`" \
        "$(here 05-coroutines/crawl.c "visit(")" "$(here 05-coroutines/task.c "resume(")"
    row "crawling.py: Crawler.work" "workers on a queue, ended by join" \
        '`make run-crawl_queue`' "$(here 06-async-await-style/examples/queue.h "queue_join(")"
    row "crawling.py: fetch, parse_links" "redirects, tries, links" \
        "$(here common/frontier.c "frontier_take_back(")" "$(here common/links.c "links_next(")"
}

course() {
    head_of "step"
    row pyos1.py "a task is a wrapper around a coroutine" \
        "$(here 05-coroutines/task.h "struct task")"
    row pyos2.py "a scheduler with a queue of tasks" \
        "$(here 04-callbacks/loop.c "run_calls(")" "$(here 05-coroutines/task.c "wake(")"
    row pyos3.py "tasks may end" "$(here 06-async-await-style/async.c "finish_task(")"
    row "pyos4.py, pyos5.py" "system calls: a task yields a request" \
        "$(here 05-coroutines/task.c "task_on_fd(")" "$(here 05-coroutines/task.c "task_cancel(")"
    row pyos6.py "waiting for another task" "$(here 05-coroutines/task.c "task_join(")" \
        "$(here 06-async-await-style/group.c "group_wait(")"
    row pyos7.py "waiting for I/O, with select()" \
        "$(here 06-async-await-style/wait.c "readable(")"
    row pyos8.py "trampolines: coroutines that call coroutines" \
        "$(here 05-coroutines/coroutine.h "co_send(")"
    row "echoserver.py" "a server on all of it" \
        "$(here 06-async-await-style/examples/radecho.c "serve(")"
    row "cofollow.py, copipe.py" "a pipeline that pushes lines" \
        "$(here 05-coroutines/examples/grep_pipeline.c "grep(")"
}

case ${1:-} in
demo | talk | chapter | course) "$1" ;;
*)
    echo "usage: rosetta.sh demo | talk | chapter | course" >&2
    exit 2
    ;;
esac
