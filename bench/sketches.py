"""The figures that explain: each function draws one from a description.

What they quote from the code is looked up in the code, so that a figure whose
function or line has moved is noticed (see line_of).
"""

import math

from drawing import MARGIN, WIDTH, Figure

RIGHT = WIDTH - MARGIN
NOT_TO_SCALE = "Not to scale."


def line_of(path, code, after=""):
    """The number of the first line with this code, and with `after` in the
    line itself or in an earlier one."""
    reached = not after
    with open(path, encoding="utf-8") as file:
        for i, line in enumerate(file, 1):
            reached = reached or after in line
            if reached and code in line:
                return i
    raise ValueError("%s has no line with %s" % (path, code))


# --- Chapter 0 ---------------------------------------------------------------

def bar():
    """Three customers at a bar, in three ways."""
    figure = Figure(
        "Three customers at a bar: when does each have a drink?",
        "Three schedules. Queueing: the customers are served one after the "
        "other, after one, two and three minutes. Asking every second: all "
        "are served after one minute, and each has asked sixty times. Being "
        "called: all are served after one minute, and were free until then.")
    left, minute = 66, 146
    top = 72
    ways = (
        ("Queueing: order, and stand there until the drink comes",
         "queue", ("The last drink comes", "after three minutes.")),
        ("Asking: order, and ask every second whether it is ready",
         "ask", ("One minute for all, but", "60 questions from each.")),
        ("Being called: order, and do something else until then",
         "call", ("One minute for all, and", "nobody had to ask.")),
    )
    for title, way, remark in ways:
        figure.text(MARGIN, top, title, "bold")
        for i, name in enumerate(("Ann", "Bob", "Cleo")):
            y = top + 14 + 28 * i
            figure.text(MARGIN, y + 15, name)
            start = left + (minute * i if way == "queue" else 0)
            if way == "queue":
                if i > 0:
                    figure.bar(left, y + 3, minute * i - 2, 14, "other")
                figure.bar(start, y, minute, 20, "farm")
            elif way == "ask":
                for second in range(60):
                    x = start + minute * (second + 0.5) / 60
                    figure.shape("path", "run-line", d="M%.1f %dV%d" % (
                        x, y, y + 20), stroke_width=1.2)
                figure.box(start, y, minute, 20, "run", None, round_by=0,
                           edge=1)
            else:
                figure.line([(start, y + 10), (start + minute, y + 10)],
                            "farm", 2, "7.5 4")
            figure.shape("circle", "types", cx=start + minute + 9, cy=y + 10,
                         r=6)
        side = left + minute * (3 if way == "queue" else 1) + 30
        figure.lines(side, top + 40, remark, "dim")
        if way == "queue":
            figure.pill(left + minute * 0.5, top + 29, "waits", "farm")
            figure.pill(left + minute, top + 85, "stands in the queue",
                        "other")
            figure.text(left + minute + 22, top + 29, "has a drink", "types")
        if way == "ask":
            figure.pill(left + minute * 0.5, top + 57, "ready? ready?",
                        "run")
        top += 122
    figure.line([(left, top - 4), (left + 3 * minute, top - 4)], "dim", 1)
    for i in range(4):
        x = left + minute * i
        figure.line([(x, top - 8), (x, top - 1)], "dim", 1)
        figure.text(x, top + 17, "%d" % i if i else "0", "dim", "middle")
    figure.text(left + 3 * minute + 14, top + 17, "minutes", "dim")
    figure.caption(top + 36, [
        "The bar makes as many drinks at a time as are ordered; each takes a "
        "minute.", "The work is the same in all three. What differs is how "
        "the customers wait."])
    return figure


# --- Chapter 1 ---------------------------------------------------------------

def one_fetch():
    """One fetch of stage 1 as a sequence of messages."""
    figure = Figure(
        "One fetch: where does the program wait?",
        "A sequence diagram with three lifelines: our program, the kernel "
        "and the farm. The program calls socket, connect, send, recv and "
        "close. It waits in connect until the farm's side has answered, "
        "hardly at all in send, and in recv until the farm's answer is "
        "there.")
    program, kernel, farm = 190, 400, 610
    top, bottom = 92, 470
    for x, name in ((program, "our program"), (kernel, "the kernel"),
                    (farm, "the farm")):
        figure.label_box(x - 62, 60, 124, 32, [(name, "bold")])
        figure.line([(x, top), (x, bottom)], "edge", 1.5)

    def call(y, words):
        figure.text(program - 22, y + 4, words, "code", "end")
        figure.arrow([(program, y), (kernel - 2, y)], "ink")

    def back(y, words=""):
        figure.arrow([(kernel, y), (program + 8, y)], "ink", dash="5 4")
        if words:
            figure.text((program + kernel) / 2 + 4, y - 6, words, "dim",
                        "middle")

    def message(x0, y0, x1, y1, words, above=8):
        figure.arrow([(x0, y0), (x1, y1)], "dim")
        figure.text((x0 + x1) / 2, (y0 + y1) / 2 - above, words, "dim",
                    "middle")

    def wait(y0, y1, words):
        figure.bar(program - 8, y0, 16, y1 - y0, "farm-down")
        if words:
            figure.lines(program - 22, (y0 + y1) / 2 + 16, words, "farm",
                         "end")

    call(118, "socket()")
    back(134)
    wait(158, 214, ["waits for the", "other side"])
    call(158, "connect()")
    message(kernel, 166, farm - 2, 178, "may I connect?", 9)
    message(farm, 190, kernel + 2, 202, "its kernel: yes", -18)
    back(214)
    wait(244, 258, None)
    call(244, "send()")
    back(258)
    figure.text(program - 22, 266, "hardly waits", "farm", "end")
    message(kernel, 266, farm - 2, 278, "GET /animals/cow …", 12)
    wait(296, 420, ["waits for", "the first byte:", "1.5 seconds"])
    call(296, "recv()")
    figure.bar(farm - 8, 280, 16, 112, "other")
    figure.lines(farm - 18, 334, ["the cow thinks"], "dim", "end")
    message(farm - 2, 394, kernel + 2, 408, "200 OK … Moo!", 12)
    back(420, "some bytes")
    call(450, "close()")
    figure.caption(488, [
        NOT_TO_SCALE + " Nearly all of the time is the wait in recv(). "
        "Meanwhile this thread",
        "does nothing else, and eleven animals have not been asked."])
    return figure


# --- Chapter 2 ---------------------------------------------------------------

def twelve_stacks():
    """Threads: a stack each, and what they share."""
    fetch = "02-threads/fetch.c"
    animals = "02-threads/animals.c"
    receive = line_of(fetch, "recv(fd")
    letter = line_of(animals, "interrupt_sleep(pause)")
    screen = line_of(animals, "pthread_mutex_lock(&screen)")
    speak_fetch = line_of(animals, "fetch(&f)")
    speak_type = line_of(animals, "type(animal);", "herd_answer")
    figure = Figure(
        "Twelve threads: what does each have, and what do all share?",
        "Five of twelve stacks side by side. Each holds the calls worker, "
        "speak and fetch or type, and each is at a line of its own. Below "
        "them is one box that all share: the list of animals and the "
        "screen, each with a padlock.")
    stacks = (
        ("cow", "fetch", receive, "in recv()", "farm", speak_fetch),
        ("pig", "fetch", receive, "in recv()", "farm", speak_fetch),
        ("sheep", "fetch", receive, "in recv()", "farm", speak_fetch),
        ("bird", "type", screen, "wants the screen", "screen", speak_type),
        ("rooster", "type", letter, "typing", "types", speak_type),
    )
    wide, gap = 112, 12
    top = 84
    for i, (name, function, line, does, kind, called) in enumerate(stacks):
        x = MARGIN + i * (wide + gap)
        figure.text(x + wide / 2, top - 10, name, "bold", "middle")
        figure.box(x, top, wide, 154, "edge", None)
        figure.label_box(x + 6, top + 6, wide - 12, 48, [
            (function, "code bold"), ("line %d" % line, "code")], kind)
        figure.label_box(x + 6, top + 60, wide - 12, 48, [
            ("speak", "code"), ("line %d" % called, "code")])
        figure.label_box(x + 6, top + 114, wide - 12, 34, [
            ("worker", "code")])
        for j, words in enumerate(split(does)):
            figure.text(x + wide / 2, top + 172 + 17 * j, words, kind,
                        "middle")
    x = MARGIN + 5 * (wide + gap) + 4
    figure.text(x + 22, top + 82, "…", "bold", "middle", 20)
    figure.lines(x + 22, top + 110, ["seven", "more"], "dim", "middle")
    box = top + 232
    for i in range(5):
        x = MARGIN + i * (wide + gap) + wide / 2
        figure.arrow([(x, top + 198), (x, box - 3)], "dim")
    figure.box(MARGIN, box, RIGHT - MARGIN, 84, "ink")
    figure.text(MARGIN + 16, box + 24, "shared by all twelve", "bold")
    figure.padlock(MARGIN + 18, box + 44)
    figure.runs(MARGIN + 46, box + 60, ("the list of animals,", ""),
                ("herd", "code"), ("under", ""), ("lock", "code"))
    figure.padlock(MARGIN + 368, box + 44)
    figure.runs(MARGIN + 396, box + 60, ("the screen, under", ""),
                ("screen", "code"))
    figure.caption(box + 104, [
        "The innermost call is at the top. fetch.c is the same as in stage "
        "1: each thread has its own",
        "locals and its own place. Only what is shared needs a rule."])
    return figure


def split(words):
    """At most two lines, broken before the last word."""
    parts = words.split()
    if len(parts) < 3:
        return [words]
    return [" ".join(parts[:-1]), parts[-1]]


# --- Chapter 3 ---------------------------------------------------------------

def fetch_states():
    """The states of one fetch in stage 3."""
    path = "03-nonblocking/fetch.h"
    for state in "FETCH_CONNECTING", "FETCH_SENDING", "FETCH_RECEIVING":
        line_of(path, state)
    figure = Figure(
        "One fetch in stage 3: what must poll() report for it to go on?",
        "A state machine. From connecting to sending when the socket is "
        "writable and SO_ERROR is 0; sending stays while bytes are left; to "
        "receiving when the whole request is sent; receiving stays while "
        "the response is incomplete. There are two exits: the result, and "
        "an error from any state.")
    wide, high, top = 152, 58, 108
    places = (MARGIN, 284, 544)
    names = ("CONNECTING", "SENDING", "RECEIVING")
    waits = ("waits for POLLOUT", "waits for POLLOUT", "waits for POLLIN")
    for x, name, wait in zip(places, names, waits):
        figure.label_box(x, top, wide, high, [(name, "code bold"),
                                              (wait, "farm")], "farm")
    middle = top + high / 2
    figure.text(MARGIN, top - 34, "connect() has begun", "dim")
    figure.arrow([(MARGIN + 76, top - 26), (MARGIN + 76, top - 2)])
    for x, lines in ((places[0] + wide, ("writable:", "SO_ERROR 0")),
                     (places[1] + wide, ("all bytes", "are sent"))):
        figure.arrow([(x + 2, middle), (x + 106, middle)], "ink")
        figure.text(x + 53, middle - 8, lines[0], "", "middle")
        figure.text(x + 53, middle + 20, lines[1], "", "middle")
    loops = ((places[1], "writable: room for more bytes"),
             (places[2], "readable: a piece"))
    for x, words in loops:
        figure.arrow([(x + 42, top), (x + 42, top - 22), (x + 110, top - 22),
                      (x + 110, top - 2)], "ink")
        figure.text(x + wide / 2, top - 31, words, "", "middle")
    exits = top + 176
    figure.label_box(544, exits, 152, 58, [
        ("result", "bold"), ("returns 0", "code")], "types")
    figure.arrow([(620, top + high), (620, exits - 2)], "types", 2)
    for i, words in enumerate(("readable:", "the response", "is complete")):
        figure.text(610, top + 112 + 18 * i, words, "", "end")
    figure.label_box(190, exits, 266, 58, [
        ("error", "bold"), ("returns a negative number", "")], "run")
    for start, turn, land in ((places[0] + 76, 126, 240),
                              (places[1] + 76, 126, places[1] + 76),
                              (places[2] + 24, 84, 430)):
        points = [(start, top + high), (start, top + turn),
                  (land, top + turn), (land, exits - 2)]
        figure.arrow(points if start != land else [points[0], points[-1]],
                     "run")
    figure.lines(MARGIN, exits + 8, ["the socket has an", "error, the response",
                                     "is wrong, or the", "deadline has come"],
                 "run")
    figure.caption(exits + 84, [
        "Both exits close the socket, at the label leave. “Not now” "
        "(EAGAIN) is no exit: fetch() returns",
        "to its caller, keeps everything, and is called again when poll() "
        "reports the socket as ready."])
    return figure


def ring(figure, centre, radius, steps):
    """Steps around a circle, clockwise, with arrows between the boxes.
    Each is (angle in degrees, width, lines, kind)."""
    cx, cy = centre
    wide, high = radius
    places = []
    for angle, box_wide, lines, kind in steps:
        turn = math.radians(angle)
        x = cx + wide * math.cos(turn)
        y = cy + high * math.sin(turn)
        places.append((x, y, box_wide, 22 + 18 * len(lines), lines, kind))
    figure.shape("ellipse", "dim-line", cx=cx, cy=cy, rx=wide, ry=high,
                 fill="none", stroke_width=2)
    for i, (angle, *_) in enumerate(steps):
        after = steps[(i + 1) % len(steps)][0]
        if after <= angle:
            after += 360
        # The head of the arrow is halfway to the next box.
        turn = math.radians((angle + after) / 2)
        along = math.atan2(high * math.cos(turn), -wide * math.sin(turn))
        figure.head(cx + wide * math.cos(turn) + 5 * math.cos(along),
                    cy + high * math.sin(turn) + 5 * math.sin(along),
                    along, "dim", 13)
    for i, (x, y, box_wide, box_high, lines, kind) in enumerate(places):
        left, top = x - box_wide / 2, y - box_high / 2
        figure.label_box(left, top, box_wide, box_high, lines, kind, "soft",
                         edge=2 if kind != "edge" else 1.5)
        figure.shape("circle", "ink", cx=left, cy=top, r=12)
        figure.parts.append(
            '<text class="number" x="%g" y="%g" text-anchor="middle">%d'
            '</text>' % (round(left, 1), round(top + 4.5, 1), i + 1))


def loop_ring():
    """One round of stage 3's loop."""
    path = "03-nonblocking/animals.c"
    for code in ("type_letter(screen)", "fetch_is_due(&speakers[i].f",
                 "continue_fetch(&speakers[i])", "start_speaking(s, animal)",
                 "poll(polls"):
        line_of(path, code)
    figure = Figure(
        "One round of stage 3's loop: what happens before it waits again?",
        "A ring of four steps: type the letters that are due; continue the "
        "fetches whose socket is ready or whose deadline has come; give idle "
        "speakers new animals and note what each fetch waits for; wait in "
        "poll. Only the last one waits.")
    ring(figure, (360, 230), (218, 118), (
        (-90, 216, [("letters that are due", "bold"),
                    ("type_letter(screen)", "code")], "types"),
        (0, 224, [("fetches that can go on", "bold"),
                  ("fetch_is_due()", "code"),
                  ("continue_fetch()", "code")], "edge"),
        (90, 250, [("new animals for idle speakers", "bold"),
                   ("start_speaking()", "code"),
                   ("polls[i]: what each waits for", "")], "edge"),
        (180, 224, [("wait for all at once", "bold"),
                    ("poll(polls, …)", "code"),
                    ("the only step that waits", "farm")], "farm"),
    ))
    figure.lines(360, 226, ["while (busy > 0)"], "code dim", "middle")
    figure.caption(408, [
        "poll() returns when a socket is ready, when the next letter or the "
        "next deadline is due, or after",
        "Ctrl-C. The loop knows every kind of thing that can happen: "
        "letters, fetches, deadlines."])
    return figure


# --- Chapter 4 ---------------------------------------------------------------

def event_loop():
    """The same ring, without any knowledge."""
    path = "04-callbacks/loop.c"
    for code in "run_calls();", "selector_wait(selector", "run_watch(&event)":
        line_of(path, code)
    figure = Figure(
        "One turn of the event loop: what is left when it knows nothing?",
        "A ring of three steps: make the calls that are due; wait in "
        "selector_wait until a descriptor is ready or the next call is due; "
        "call back for each descriptor that is ready.")
    ring(figure, (360, 214), (218, 100), (
        (-90, 230, [("calls that are due", "bold"),
                    ("run_calls()", "code"),
                    ("fn(arg)", "code run")], "run"),
        (32, 232, [("one wait for everything", "bold"),
                   ("selector_wait()", "code"),
                   ("the only step that waits", "farm")], "farm"),
        (148, 232, [("descriptors that are ready", "bold"),
                    ("run_watch()", "code"),
                    ("fn(arg)", "code run")], "run"),
    ))
    figure.text(360, 186, "loop_run()", "code dim", "middle")
    figure.text(360, 206, "knows only descriptors, moments and functions",
                "dim", "middle")
    figure.caption(336, [
        "The steps are those of stage 3. Letters, fetches and animals are "
        "now behind the function pointers:",
        "the loop calls fn(arg), and does not know what it calls."])
    return figure


def stack_of(figure, x, y, wide, frames, high=34):
    """Frames below each other, the innermost first: (words, kind, fill)."""
    for words, kind, fill in frames:
        figure.box(x, y, wide, high - 4, kind, fill)
        figure.text(x + 14, y + high / 2 + 2.5, words, "code")
        y += high
    return y


def two_stacks():
    """The same place in http_feed, with two different stacks below it."""
    for path, code in (("01-blocking/fetch.c", "http_feed("),
                       ("04-callbacks/fetch.c", "http_feed("),
                       ("04-callbacks/loop.c", "call_back(fn, watch->arg"),
                       ("04-callbacks/loop.c", "run_watch(&event)")):
        line_of(path, code)
    figure = Figure(
        "The answer is here: which function asked for it?",
        "Two call stacks at the same moment, the innermost call on top. In "
        "stage 1: http_feed, fetch, speak, work, main. In stage 4: "
        "http_feed, receiving, and then, below a torn edge, call_back, "
        "run_watch, loop_run, work, main. The calls fetch and start_speaking "
        "returned long ago.")
    left, right, wide, top = MARGIN, 340, 150, 78
    figure.text(left, 76, "Stage 1", "bold")
    figure.text(right, 76, "Stage 4", "bold")
    stack_of(figure, left, top + 14, wide, [
        ("http_feed", "edge", "soft"), ("fetch", "farm", "soft"),
        ("speak", "farm", "soft"), ("work", "edge", "soft"),
        ("main", "edge", "soft")])
    figure.text(left + wide + 12, top + 68, "reads the answer", "farm")
    figure.text(left + wide + 12, top + 102, "asked for it", "farm bold")
    stack_of(figure, right, top + 14, wide, [
        ("http_feed", "edge", "soft"), ("receiving", "farm", "soft")])
    figure.text(right + wide + 12, top + 68, "reads the answer", "farm")
    tear = top + 93
    points = [(right - 12, tear)]
    for i in range(1, 39):
        points.append((right - 12 + i * 9, tear + (5 if i % 2 else -5)))
    figure.shape("polyline", "run-line", fill="none", stroke_width=2,
                 points=" ".join("%g,%g" % point for point in points))
    below = tear + 20
    stack_of(figure, right, below, wide, [
        ("call_back", "edge", "soft"), ("run_watch", "edge", "soft"),
        ("loop_run", "edge", "soft"), ("work", "edge", "soft"),
        ("main", "edge", "soft")])
    ghost = right + wide + 24
    for i, words in enumerate(("fetch", "start_speaking")):
        y = below + 34 * i
        figure.box(ghost, y, wide, 30, "other", None, "5 4")
        figure.text(ghost + 14, y + 19.5, words, "code dim")
    figure.text(ghost, below + 90, "asked for it, and", "run bold")
    figure.text(ghost, below + 108, "returned long ago:", "run bold")
    figure.text(ghost, below + 126, "on no stack now", "run bold")
    figure.caption(below + 186, [
        "Both programs are stopped in http_feed(), as the cow's answer "
        "arrives; the innermost call is on top.",
        "The left stack names the function that wanted it. The right one "
        "names only the loop."])
    return figure


def who_wakes():
    """From a ready socket to on_fetched, in two turns of the loop."""
    for path, code in (("04-callbacks/fetch.c", "loop_soon(&f->completion"),
                       ("04-callbacks/loop.c", "timer_append(&calls"),
                       ("04-callbacks/animals.c", "void on_fetched(")):
        line_of(path, code)
    figure = Figure(
        "An answer has arrived: who calls whom, and when?",
        "Two turns of the loop. In the first one the socket is ready, the "
        "loop calls receiving, which calls fetch_end, which only puts "
        "on_fetched into the queue of calls, and all return. In the next "
        "turn the loop takes on_fetched out of the queue and calls it.")
    split_at = 392
    figure.text(MARGIN, 78, "this turn of the loop", "bold")
    figure.text(split_at + 18, 78, "the next turn", "bold")
    figure.line([(split_at, 64), (split_at, 330)], "dim", 1.5, "2 5")
    figure.label_box(MARGIN, 98, 132, 36, [("socket ready", "farm bold")],
                     "farm")
    figure.arrow([(MARGIN + 66, 134), (MARGIN + 66, 160)], "farm")
    figure.label_box(MARGIN, 162, 132, 36, [("loop_run", "code")])
    figure.arrow([(MARGIN + 132, 180), (208, 180)], "ink")
    figure.text(182, 172, "calls", "dim", "middle")
    figure.label_box(210, 162, 148, 36, [("receiving", "code")])
    figure.arrow([(284, 198), (284, 230)], "ink")
    figure.text(292, 219, "calls", "dim")
    figure.label_box(210, 232, 148, 36, [("fetch_end", "code")])
    figure.arrow([(284, 268), (284, 338)], "run", 2)
    figure.text(274, 300, "loop_soon():", "code run", "end")
    figure.text(274, 319, "only queues", "run bold", "end")
    # The queue lies under both turns.
    figure.box(208, 340, 486, 52, "run", edge=2)
    figure.text(224, 371, "calls", "code bold")
    for x, words, kind in ((284, "…", "edge"), (330, "on_fetched", "run")):
        wide = 36 if words == "…" else 112
        figure.label_box(x, 350, wide, 32, [(words, "code")], kind, "panel")
    figure.text(694 - 14, 371, "the queue of the loop", "dim", "end")
    figure.label_box(split_at + 18, 162, 110, 36, [("loop_run", "code")])
    figure.arrow([(split_at + 40, 338), (split_at + 40, 201)], "run", 2)
    figure.text(split_at + 50, 290, "run_calls() takes it", "run")
    figure.arrow([(split_at + 128, 180), (564, 180)], "ink")
    figure.text(542, 172, "calls", "dim", "middle")
    figure.label_box(566, 162, 128, 36, [("on_fetched", "code bold")],
                     "types")
    figure.lines(566, 220, ["may start the", "next fetch in the",
                            "same struct"], "dim")
    figure.caption(412, [
        "Waking only queues, it never runs. When on_fetched() runs, "
        "receiving() and fetch_end() have",
        "returned, so nothing is in the middle of the struct that it may use "
        "again."])
    return figure


# --- Chapter 5 ---------------------------------------------------------------

def frame():
    """A coroutine: a function, and the line at which to go on."""
    path = "05-coroutines/fetch.c"
    begin = line_of(path, "CO_BEGIN(co);")
    connect = line_of(path, "AWAIT_TO(n, co")
    send = line_of(path, "AWAIT_TO(n, co", "f->sent < f->len")
    receive = line_of(path, "SELECT_READ")
    leave = line_of(path, "leave:")
    figure = Figure(
        "What does a coroutine need to go on where it stopped?",
        "On the left a frame, struct fetch, with its fields: body is fetch, "
        "line is %d, then fd, sent and deadline. On the right the code of "
        "fetch with its three stops. An arrow leads from the number %d in "
        "the frame to the stop in that line." % (receive, receive))
    left, top = MARGIN, 84
    figure.text(left, top - 10, "the frame, struct fetch", "bold")
    figure.box(left, top, 206, 222, "ink")
    fields = (("co.body", "fetch", "types"),
              ("co.line", str(receive), "run"),
              ("deadline", "10.0", ""), ("fd", "5", ""),
              ("request", "NULL", ""), ("sent", "143", ""),
              ("response", "…", ""))
    for i, (name, value, kind) in enumerate(fields):
        y = top + 28 + 29 * i
        figure.text(left + 14, y, name, "code")
        if kind:
            figure.box(left + 110, y - 18, 82, 25, kind, "panel", edge=2)
        figure.text(left + 122, y, value, ("code bold " + kind).strip())
    right = 286
    figure.text(right, top - 10, "the code, fetch() in fetch.c", "bold")
    figure.box(right, top, RIGHT - right, 222, "edge")
    rows = (
        (begin, "CO_BEGIN(co);", "switch (co->line)", ""),
        (connect, "AWAIT_TO(n, co, …);", "is it connected?", ""),
        (send, "    AWAIT_TO(n, co, …);", "room to send?", ""),
        (receive - 1, "while (verdict == HTTP_MORE) {", "", ""),
        (receive, "    AWAIT_TO(n, co, …);", "an answer?", "run"),
        (receive + 1, "    if (n == 0)", "goes on here", "types"),
        (leave, "leave:", "", ""),
    )
    for i, (line, code, remark, kind) in enumerate(rows):
        y = top + 28 + 29 * i
        if kind == "run":
            figure.box(right + 8, y - 19, RIGHT - right - 16, 27, "run",
                       "panel", edge=2)
        figure.text(right + 40, y, str(line), "code dim", "end")
        figure.text(right + 54, y, code, "code")
        if remark:
            figure.text(RIGHT - 18, y, remark, kind or "dim", "end")
    number = top + 28 + 29 - 5
    stop = top + 28 + 29 * 4 - 5
    figure.arrow([(left + 192, number), (256, number), (256, stop),
                  (right + 6, stop)], "run", 2)
    figure.text(left, top + 250, "the callback", "types bold")
    figure.runs(left + 112, top + 250, ("co.body", "code"),
                ("is the function to call: like any callback.", ""))
    figure.text(left, top + 274, "the bookmark", "run bold")
    figure.runs(left + 112, top + 274, ("co.line", "code"),
                ("is where it jumps to; what must survive is in the frame.",
                 ""))
    figure.caption(top + 296, [
        "A stop notes its own line number and returns. The next call enters "
        "the switch at the top, and the",
        "switch jumps to that line. The numbers at the left are those of "
        "05-coroutines/fetch.c."])
    return figure


def delegation():
    """Frames inside frames, and the root that knows the leaf."""
    path = "05-coroutines/animals.c"
    line_of(path, "CO_FROM(co, &s->f.co, fetch)")
    line_of(path, "CO_FROM(co, &s->typing.co, type)")
    line_of("05-coroutines/coroutine.h", "root->leaf->body(root->leaf)")
    figure = Figure(
        "speak has delegated to fetch: which coroutine is resumed?",
        "The frame of speak contains the frame of fetch and the frame of "
        "type. speak's coroutine is the root, and its field leaf points to "
        "fetch's coroutine, the innermost. co_send goes from the root "
        "directly to the leaf. fetch's field outer points back to speak.")
    figure.label_box(MARGIN, 132, 118, 50, [("the task", "bold"),
                                            ("co_send(root)", "code")])
    figure.box(196, 74, RIGHT - 196, 286, "ink", "panel", edge=2)
    figure.runs(212, 98, ("the frame of speak,", "bold"),
                ("struct speaker", "code"))
    figure.box(212, 116, 206, 82, "run", edge=2)
    figure.runs(226, 140, ("co", "code bold"), ("the root", "run bold"))
    figure.text(226, 163, "line", "code")
    figure.text(292, 163, "at CO_FROM", "dim")
    figure.text(226, 185, "leaf", "code bold")
    figure.shape("circle", "run", cx=292, cy=181, r=4.5)
    figure.arrow([(MARGIN + 118, 157), (210, 157)], "run", 2)
    figure.box(440, 116, RIGHT - 456, 156, "ink", edge=1.5)
    figure.runs(454, 138, ("f:", "code bold"), ("the frame of fetch", "bold"))
    figure.box(454, 150, RIGHT - 484, 84, "types", "panel", edge=2)
    figure.runs(468, 172, ("co", "code bold"), ("the leaf", "types bold"))
    figure.text(468, 198, "line", "code")
    figure.text(516, 198, "where it stopped", "dim")
    figure.text(468, 222, "outer", "code bold")
    figure.shape("circle", "dim", cx=526, cy=218, r=4.5)
    figure.text(540, 258, "fd, sent, …", "code dim")
    figure.arrow([(292, 181), (430, 181), (452, 181)], "run", 2)
    figure.arrow([(526, 218), (526, 290), (315, 290), (315, 201)], "dim",
                 dash="5 4")
    figure.text(386, 283, "after its return", "dim", "middle")
    figure.box(454, 300, RIGHT - 470, 44, "other", None, "5 4")
    figure.text(468, 327, "typing:", "code dim")
    figure.text(538, 327, "for type, later", "dim")
    figure.text(212, 327, "animal, task, …", "code dim")
    figure.caption(380, [
        "co_send() looks up leaf in the root and calls its body at once, at "
        "any depth: it skips the frames",
        "between them. When fetch returns, outer becomes the leaf again."])
    return figure


# --- Under the hood --------------------------------------------------------

def stack_switch():
    """Four moments of stack_switch()."""
    path = "06-async-await-style/switch_asm.S"
    for code in "movq %rsp, (%rdi)", "movq %rsi, %rsp", "jmp *%rcx":
        line_of(path, code)
    figure = Figure(
        "How does one thread change from stack A to stack B?",
        "Four snapshots of two stacks. Before: the stack pointer is on A, "
        "and B is at rest with six registers on it. After the push, A has "
        "its six registers on it as well. Then the stack pointer moves to "
        "B. After the pop, B's registers are back in the processor, and B "
        "runs.")
    moments = (
        ("1  called", False, True, "A", ("stack_switch()", "is entered on A")),
        ("2  pushed", True, True, "A", ("six times push:", "A can rest")),
        ("3  moved", True, True, "B", ("sp kept for A,", "sp of B taken")),
        ("4  popped", True, False, "B", ("pop, and jmp: B", "goes on")),
    )
    wide, top = 72, 118
    for i, (title, full_a, full_b, where, words) in enumerate(moments):
        x = MARGIN + i * 174.7
        figure.text(x, 78, title, "bold")
        for j, (name, full) in enumerate((("A", full_a), ("B", full_b))):
            left = x + j * 76
            runs = name == where
            figure.text(left + wide / 2, top - 10, name, "bold run" if runs
                        else "bold", "middle")
            figure.box(left, top, wide, 212, "run" if runs else "edge", None,
                       edge=2.5 if runs else 1.5)
            # The stack grows down: callers first, then what was pushed.
            figure.label_box(left + 5, top + 5, wide - 10, 50, [
                ("locals,", ""), ("callers", "")])
            end = top + 59
            if not (i == 3 and name == "B"):
                figure.label_box(left + 5, top + 59, wide - 10, 46, [
                    ("return", ""), ("address", "")], "types")
                end += 50
            if full:
                figure.label_box(left + 5, top + 109, wide - 10, 46, [
                    ("six", ""), ("registers", "")], "farm")
                end += 50
            if runs:
                middle = left + wide / 2
                figure.arrow([(middle, end + 24), (middle, end + 3)], "run",
                             2)
                figure.text(middle, end + 37, "sp", "code run bold",
                            "middle")
        figure.lines(x, top + 236, words, "dim")
    figure.caption(top + 274, [
        "The stacks grow downwards. The switch is sixteen instructions "
        "(06-async-await-style/switch_asm.S,",
        "x86-64). The function is entered on A and left on B: the place "
        "where B goes on is its return address."])
    return figure


# --- Chapter 6 ---------------------------------------------------------------

def await_chain():
    """The chain of awaits through the frames of one stack."""
    folder = "06-async-await-style/"
    rows = []
    for function, file, code, after in (
            ("receive", "sockets.c", "readable(fd, deadline)",
             "async_int receive("),
            ("fetch", "fetch.c",
             "receive(fd, chunk, sizeof(chunk), f->deadline)", ""),
            ("speak", "animals.c", "fetch(&f)", "")):
        line = line_of(folder + file, "await(%s)" % code, after)
        rows.append((function, "%s:%d" % (file, line), "await(%s)" % code))
    line_of(folder + "dump.c", "link = link->outer")
    figure = Figure(
        "What does Ctrl-\\ print? The chain of awaits on a task's stack",
        "The stack of the cow's task with three frames: receive, fetch and "
        "speak. Each frame holds a link with a place and a text. The task "
        "points to the innermost link, and each link points to the outer "
        "one. What is printed is this chain, from the innermost to the "
        "outermost.")
    left, wide, top = 166, 232, 100
    figure.text(left, top - 12, "the stack of speak(cow)", "bold")
    figure.text(438, top - 12, "what is printed", "bold")
    figure.label_box(MARGIN, top + 34, 104, 50, [("struct task", "code"),
                                                 ("chain", "code bold")])
    figure.box(left - 8, top, wide + 16, 278, "edge", None)
    step = 90
    link = left + 70
    for i, (function, place, call) in enumerate(rows):
        y = top + 8 + step * i
        figure.box(left, y, wide, 82, "edge")
        figure.text(link, y + 22, function, "code bold")
        figure.box(link, y + 32, wide - 84, 40, "run", "panel", edge=2)
        figure.text(link + 12, y + 57, place, "code")
    # The arrows go over the frames, so they come after them.
    figure.arrow([(MARGIN + 104, top + 59), (link - 2, top + 55 + 4)], "run",
                 2)
    for i in range(3):
        y = top + 8 + step * i + 62
        if i < 2:
            after = top + 8 + step * (i + 1) + 46
            figure.arrow([(link, y), (left + 40, y), (left + 40, after),
                          (link - 2, after)], "run", 2)
        else:
            figure.line([(link, y), (left + 48, y)], "run", 2)
            figure.text(left + 44, y + 4.5, "NULL", "code run", "end")
    for i, (function, place, call) in enumerate(rows):
        y = top + 8 + step * i
        figure.text(438, y + 42, place, "code bold")
        words = call if len(call) < 32 else None
        if words:
            figure.text(438, y + 62, words, "code")
        else:
            at = call.index("sizeof")
            figure.text(438, y + 62, call[:at].rstrip(), "code")
            figure.text(454, y + 80, call[at:], "code")
        figure.line([(left + wide - 12, y + 52), (430, y + 52)], "dim", 1,
                    "2 4")
    figure.caption(top + 300, [
        "Each await puts a link before the chain while its call runs, and "
        "takes it away afterwards. The links",
        "are locals on the stack of the task that waits: the chain needs no "
        "other memory."])
    return figure


def race():
    """The race of together.c, from its expected output."""
    times = {}
    with open("tests/expected/together.out", encoding="utf-8") as file:
        for line in file.read().split("The first one:\n")[1].splitlines():
            if line.endswith(":"):
                break
            moment, rest = line.split(" s  ")
            who, what = rest.split(": ", 1)
            times[who, what] = float(moment)
    won = times["bird", "Tweet!"]
    cancelled = times["cow", "cancelled"]
    closed = times["cow", "closed the gate"]
    end = times["race", "no error"]
    figure = Figure(
        "A race: when is it over?",
        "Three bars on a ruler in seconds. The bird answers after %.1f "
        "seconds and wins. At the same moment the cow and the pig are "
        "cancelled. Each closes its gate, which takes until %.1f seconds. "
        "Only then is the group over, at %.1f seconds." % (won, closed, end))
    left, second, top = 84, 640, 66

    def at(moment):
        return left + second * moment

    for i, (name, sound) in enumerate((("bird", "0.3"), ("pig", "0.7"),
                                       ("cow", "1.5"))):
        y = top + 50 * i
        figure.text(MARGIN, y + 19, name, "bold")
        figure.bar(at(0), y, at(won) - at(0), 28, "farm")
        if name == "bird":
            figure.pill(at(won / 2), y + 19, "waits", "farm")
            figure.runs(at(won) + 12, y + 19, ("Tweet!", "types bold"),
                        ("the first success wins", "dim"))
            figure.shape("circle", "types", cx=at(won), cy=y + 14, r=7)
        else:
            figure.pill(at(won / 2), y + 19, "waits, is cancelled", "farm")
            figure.bar(at(cancelled), y, at(closed) - at(cancelled), 28,
                       "types")
            figure.pill((at(cancelled) + at(closed)) / 2, y + 19,
                        "closes the gate", "types")
            figure.line([(at(closed) + 10, y + 14), (at(closed) + 46,
                                                     y + 14)], "other", 2,
                        "2 5")
            figure.text(at(closed) + 54, y + 19,
                        "would have waited until %s s" % sound, "dim")
    bottom = top + 150
    figure.line([(at(cancelled), top + 40), (at(cancelled), bottom + 34)],
                "run", 2)
    figure.line([(at(end), top + 40), (at(end), bottom + 34)], "ink", 2)
    figure.text(MARGIN, bottom + 19, "group", "bold")
    figure.box(at(0), bottom + 2, at(end) - at(0), 24, "ink", None,
               round_by=0)
    figure.text(at(cancelled) - 10, bottom + 19, "cancels the others",
                "run bold", "end")
    figure.text(at(cancelled) + 10, bottom + 19, "still waits", "", "start")
    figure.text(at(end) + 10, bottom + 19, "the race is over", "bold")
    ruler = bottom + 44
    figure.line([(left, ruler), (at(0.8), ruler)], "dim", 1)
    for i in range(9):
        x = at(i / 10)
        figure.line([(x, ruler - 4), (x, ruler + 4)], "dim", 1)
        figure.text(x, ruler + 20, "%.1f" % (i / 10) if i else "0", "dim",
                    "middle")
    figure.text(RIGHT, ruler + 20, "seconds", "dim", "end")
    figure.caption(ruler + 38, [
        "Cancellation ends the wait of the cow and of the pig, not the "
        "tasks: each goes on in its own code and",
        "shields what has to be finished. CLOCK=virtual make run-together"])
    return figure


SKETCHES = {
    "bar": bar,
    "one-fetch": one_fetch,
    "twelve-stacks": twelve_stacks,
    "fetch-states": fetch_states,
    "loop-ring": loop_ring,
    "event-loop": event_loop,
    "two-stacks": two_stacks,
    "who-wakes": who_wakes,
    "frame": frame,
    "delegation": delegation,
    "stack-switch": stack_switch,
    "await-chain": await_chain,
    "race": race,
}
