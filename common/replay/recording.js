// recording.js - a recorded run, and its state after each of its events.
//
// The harness writes a recording as columns of numbers and tables of texts
// (common/harness/replay.c); common/trace.h lists the kinds of events. Times
// are in microseconds. Nothing in this file touches the page.

'use strict';

const lastOf = (list) => list[list.length - 1];

// --- Reading -----------------------------------------------------------------

// "fetch.c:41 await(receive(fd, ...))" as file, line and call.
function parsePlace(text) {
    const [, file, line, call] = /^(.*?):(\d+) ?(.*)$/.exec(text);
    return { file, line: +line, call };
}

function readEvents(raw) {
    const { columns, tables } = raw;
    const places = tables.at.map(parsePlace);
    const chains = tables.chain.map((links) => links.map(parsePlace));
    let micros = 0;
    let t = -1;

    return columns.time.map((delta, i) => ({
        i,
        // Those of the same microsecond are a nanosecond apart: an address then
        // names one of them.
        t: (t = Math.max(micros += delta, t + 0.001)),
        kind: tables.kind[columns.kind[i]],
        task: columns.task[i],
        thread: columns.thread[i],
        at: { ...places[columns.at[i]], in: tables.in[columns.in[i]] || '' },
        chain: chains[columns.chain[i]] || [],
        about: columns.about[i], // descriptor, milliseconds, letter, waker
    }));
}

// "04-callbacks" is 4, "play/04-callbacks" is play-4, a broken variant in
// "play/broken/animals_unlocked/02-threads" has the name of its patch.
function identify(raw) {
    const parts = raw.folder.split('/');
    const broken = parts[1] === 'broken' ? parts[2] : '';
    const copy = parts.length > 1 && !broken;
    const id = broken || (copy ? 'play-' : '') + raw.number;
    const remark = broken ? `, ${broken.replace(/^animals_/, '')}`
        : copy ? ', your copy' : '';

    return { id, isBroken: broken !== '',
        title: `${raw.number} ${raw.name}${remark}` };
}

function readRecording(raw) {
    const names = new Map(raw.names);
    const events = readEvents(raw);
    const files = {};

    for (const [name, text] of Object.entries(raw.files))
        files[name] = text.split('\n');
    const r = {
        ...identify(raw),
        number: raw.number,
        motto: raw.motto,
        pollCall: raw.call,
        output: raw.output,
        result: raw.result,
        events,
        files,
        tasks: raw.names.map(([task]) => task).filter((task) => task >= 0),
        nameOf: (task) => names.get(task),
        end: lastOf(events).t,
        hasLoop: events.some((e) => e.kind === 'turn'),
        numThreads: new Set(events.map((e) => e.thread)).size,
    };
    r.sleepsAt = findSleep(r);
    r.engineFile = events.find((e) => e.kind === 'wake')?.at.file || '';
    r.loopFile = events.find((e) => e.kind === 'ready')?.at.file || '';
    lookAhead(r);
    return r;
}

// The line in which the only thread sleeps: the first call of poll() or of the
// selector in these sources; without one, the place of the turns.
function findSleep(r) {
    const turn = r.events.find((e) => e.kind === 'turn');

    for (const [file, text] of Object.entries(r.files)) {
        // Not in a comment, and not a definition, which is not indented.
        const i = text.findIndex((line) =>
            /^\s.*\b(selector_wait|poll)\(/.test(line.replace(/\/\/.*/, '')));
        if (i >= 0)
            return { file, line: i + 1, in: '' };
    }
    return turn ? turn.at : null;
}

// The system call in a line of code, such as "recv()".
function callAt(r, place) {
    const line = r.files[place.file]?.[place.line - 1] || '';
    const call = /\b(connect|send|recv)\(/.exec(line);

    return call ? `${call[1]}()` : 'a call';
}

// The line that waits. A pause, or the wish for a mutex, is recorded up to
// three lines before the call.
function waitPlace(r, wait) {
    const lines = r.files[wait.at.file] || [];
    const i = lines.slice(wait.at.line - 1, wait.at.line + 3).findIndex(
        (line) => /\b(pthread_mutex_lock|\w+_sleep|\w+_pause)\(/.test(line));

    if (wait.kind === 'wait fd' || wait.chain.length > 0 || i < 0)
        return wait.at;
    return { ...wait.at, line: wait.at.line + i };
}

// --- Looking ahead -----------------------------------------------------------

// Adds facts to the events that only later events show:
//
//     turn.number   counted from 1
//     turn.ready    tasks with a descriptor that turned out to be ready
//     e.joins       the `run`s of tasks that get in line at this event
//     e.until       of a `run`: when the thread leaves the task again
//     e.lasts       of a wait in a call: microseconds until the call returns
function lookAhead(r) {
    const last = new Map(); // the latest event of each task
    const cause = new Map(); // by task: the event that made it ready
    const running = new Map(); // by thread: its `run`
    const blocked = new Map(); // by thread: the wait in a call
    let turn = null;
    let unlock = null;
    let turns = 0;

    for (const e of r.events) {
        const before = last.get(e.task);

        e.joins = [];
        if (e.kind === 'turn') {
            turn = e;
            e.number = ++turns;
            e.ready = [];
        }
        if (blocked.has(e.thread)) {
            const wait = blocked.get(e.thread);
            wait.lasts = e.t - wait.t;
            blocked.delete(e.thread);
        }
        if (e.kind === 'ready' && r.hasLoop) {
            turn?.ready.push(e.task);
            cause.set(e.task, turn || e);
        } else if (e.kind === 'wake' && !cause.has(e.task)) {
            cause.set(e.task, e);
        } else if (e.kind === 'run' && r.hasLoop) {
            const joined = cause.get(e.task) || causeOf(before, turn, unlock);
            joined?.joins.push(e);
            cause.delete(e.task);
        }
        if (e.kind === 'unlock')
            unlock = e;
        endRun(running, e);
        if (e.kind.startsWith('wait') && !r.hasLoop)
            blocked.set(e.thread, e);
        if (e.task >= 0 && e.kind !== 'ready' && e.kind !== 'wake')
            last.set(e.task, e);
    }
    r.turns = turns;
}

// The event that put a task in line which no `ready` or `wake` has announced.
function causeOf(before, turn, unlock) {
    switch (before?.kind) {
    case 'wait timer':
        return turn; // the pause was over
    case 'fetched':
        return before; // it put the next callback in line
    case 'wait lock':
        return unlock && unlock.i > before.i ? unlock : null;
    default:
        return null; // begins, or goes on at once
    }
}

// The thread leaves a task with the event before this one, if this one is
// another task's, or begins to run the same task again.
function endRun(running, e) {
    const run = running.get(e.thread);

    if (run && (e.task !== run.task || e.kind === 'run'))
        running.delete(e.thread);
    else if (run)
        run.until = e.t;
    if (e.kind === 'run') {
        running.set(e.thread, e);
        e.until = e.t;
    }
}

// The next event after e that fits; undefined if there is none.
const nextEvent = (r, e, fits) => r.events.find((x) => x.i > e.i && fits(x));

// --- The state after an event ------------------------------------------------

function beginState(r) {
    const s = {
        i: -1, // of the latest event
        event: null, // the latest event
        turn: 0,
        runs: new Map(), // by thread: the task it runs
        line: [], // tasks that can run, in the order in which they will
        holders: [], // of the screen: one, unless the run is broken
        queue: [], // tasks that wait for the screen, the earliest first
        letters: [], // [letter, task]
        breaches: [], // of "only one has the screen"
        tasks: new Map(),
    };

    for (const task of r.tasks)
        s.tasks.set(task, { phase: 'idle', wait: null, last: null });
    return s;
}

const without = (list, task) => list.filter((other) => other !== task);

// The phase that begins with an event: see the words in words.js.
const PHASES = {
    'ask': 'farm', 'fetched': 'answered', 'wait lock': 'screen',
    'lock': 'types', 'unlock': 'typed', 'done': 'done',
};

// Applies the next event.
function advance(r, s) {
    const e = r.events[++s.i];
    const task = s.tasks.get(e.task); // undefined: none that is shown

    s.event = e;
    if (e.kind === 'turn') {
        s.turn = e.number;
        s.runs.clear();
    } else if (e.kind === 'ready' || e.kind === 'wake') {
        if (r.hasLoop && (e.about < 0 || e.kind === 'ready'))
            s.runs.delete(e.thread); // the loop's own work
    } else {
        s.runs.set(e.thread, e.task);
    }
    if (e.kind === 'run')
        s.line = without(s.line, e.task);
    s.line.push(...e.joins.map((run) => run.task)
        .filter((joined) => !s.line.includes(joined)));
    if (!task)
        return;
    if (e.kind !== 'wake') {
        const waits = e.kind.startsWith('wait');
        if (e.kind !== 'ready')
            task.last = e;
        if (waits)
            task.wait = e;
        else if (e.kind !== 'ready' || !r.hasLoop)
            task.wait = null;
        if (waits && r.hasLoop)
            s.runs.delete(e.thread);
    }
    task.phase = PHASES[e.kind] || task.phase;
    if (e.kind === 'connected' || e.kind === 'ask')
        task.isConnected = e.kind === 'connected';
    moveScreen(r, s, e);
}

function moveScreen(r, s, e) {
    const breach = (text) => s.breaches.push(`${e.t} ${text}`);

    switch (e.kind) {
    case 'wait lock':
        s.queue.push(e.task);
        break;
    case 'lock':
        if (s.holders.length > 0)
            breach(`${r.nameOf(e.task)} and ${r.nameOf(s.holders[0])}`);
        s.queue = without(s.queue, e.task);
        s.holders.push(e.task);
        break;
    case 'letter':
        if (!s.holders.includes(e.task))
            breach(`${r.nameOf(e.task)} types without the screen`);
        s.letters.push([String.fromCodePoint(e.about), e.task]);
        break;
    case 'unlock':
        s.holders = without(s.holders, e.task);
        break;
    case 'done':
        s.runs.delete(e.thread);
        break;
    }
}

// The state after event i: onward from `s` if it is earlier.
function stateAt(r, i, s) {
    if (!s || s.i > i)
        s = beginState(r);
    while (s.i < i)
        advance(r, s);
    return s;
}

// --- Questions to a state ----------------------------------------------------

// Is the run over?
const isOver = (r, s) => s.i === r.events.length - 1;

// Is the only thread in poll() or in the selector, until the next turn begins?
function isPolling(r, s) {
    return r.hasLoop && r.events[s.i + 1]?.kind === 'turn';
}

// Does the thread of this task wait in a call, for longer than a moment?
function isBlocked(r, task) {
    return !r.hasLoop && task.wait !== null && task.wait.lasts > 200;
}

function isRunning(r, s, task) {
    if (isPolling(r, s) || isBlocked(r, s.tasks.get(task)))
        return false;
    return [...s.runs.values()].includes(task);
}

// The awaits that a task is in, outermost last. While it runs, these are the
// outer links of its latest or its next wait: those around its present place.
function chainOf(r, s, number) {
    const task = s.tasks.get(number);
    const here = task.last;

    if (!here)
        return [];
    if (task.wait && task.wait.chain.length > 0)
        return task.wait.chain;
    for (const step of [-1, 1]) {
        for (let i = here.i; r.events[i]; i += step) {
            const { kind, task: other, chain } = r.events[i];
            if (other !== number || chain.length === 0)
                continue;
            const link = chain.findIndex((l) => l.file === here.at.file);
            if (link >= 0 && kind !== 'run')
                return chain.slice(here.kind === 'wait lock' ? link : link + 1);
            break;
        }
    }
    return [];
}

// Code that a participant reads in a stage; all other files are its engine.
const isEngine = (file) => file !== 'fetch.c' && file !== 'animals.c';
