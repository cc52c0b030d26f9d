// words.js - the events and states of a recording in English.

'use strict';

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven',
    'eight', 'nine', 'ten', 'eleven', 'twelve'];

const numberWord = (n) => NUMBERS[n] || String(n);
const capital = (text) => text[0].toUpperCase() + text.slice(1);
const the = (r, task) => `the ${r.nameOf(task)}`;

// "the cow", "the cow and the pig", "the cow, the pig and the sheep".
function listOf(texts) {
    if (texts.length < 2)
        return texts.join('');
    return `${texts.slice(0, -1).join(', ')} and ${texts[texts.length - 1]}`;
}

const namesOf = (r, tasks) => listOf(tasks.map(r.nameOf));
const animals = (n) => `${numberWord(n)} animal${n === 1 ? '' : 's'}`;
const is = (n) => (n === 1 ? 'is' : 'are');

function letterWord(code) {
    if (code === 10)
        return 'the end of its line';
    return code === 32 ? 'a space' : `“${String.fromCodePoint(code)}”`;
}

// --- One sentence for the latest event ---------------------------------------

function turnSentence(r, s, e) {
    const begin = `Turn ${e.number}: ${r.pollCall} has returned.`;
    const due = e.joins.map((run) => run.task)
        .filter((task) => !e.ready.includes(task));
    const before = s.line.filter((task) => !e.ready.includes(task)
        && !due.includes(task));
    const parts = [];

    if (e.ready.length === 1)
        parts.push(`The socket of ${the(r, e.ready[0])} is ready.`);
    else if (e.ready.length > 1)
        parts.push(`${capital(numberWord(e.ready.length))} sockets are ready`
            + (e.ready.length < 6 ? `: ${namesOf(r, e.ready)}.` : '.'));
    if (due.length > 0)
        parts.push(`The pause of the ${namesOf(r, due)} is over.`);
    if (before.length > 0)
        parts.push(`In line: ${namesOf(r, before)}.`);
    else if (parts.length === 0 && r.events[e.i + 1]?.kind === 'wake')
        parts.push('A timer is due.');
    return [begin, ...parts].join(' ');
}

function waitSentence(r, s, e) {
    const a = the(r, e.task);
    const call = callAt(r, e.at);

    if (r.hasLoop)
        return `${capital(a)} waits for socket ${e.about}. The thread does `
            + 'not.';
    if (e.lasts <= 200)
        return `${capital(a)} is in ${call}, socket ${e.about}, which returns `
            + 'at once.';
    return r.numThreads === 1
        ? `The thread waits in ${call} for ${a}. Nothing else can happen.`
        : `${capital(a)}’s thread waits in ${call}. The other threads do not.`;
}

function wantsScreen(r, s, e) {
    const a = capital(the(r, e.task));

    if (s.holders.length === 0)
        return `${a} wants the screen, and the screen is free.`;
    const holder = capital(the(r, s.holders[0]));
    const has = `${a} wants the screen. ${holder} has it`;
    if (r.isBroken)
        return `${has}, but nothing guards it.`;
    return r.hasLoop ? `${has}, so ${the(r, e.task)} gets in line.`
        : `${has}, so ${the(r, e.task)}’s thread waits for the mutex.`;
}

function describe(r, s, e) {
    const a = r.tasks.includes(e.task) ? the(r, e.task) : 'the main task';
    const A = capital(a);

    switch (e.kind) {
    case 'turn': return turnSentence(r, s, e);
    case 'ready':
        return r.hasLoop ? `Socket ${e.about} is ready: ${a} can go on.`
            : `${callAt(r, e.at)} has returned: ${a} goes on.`;
    case 'wake':
        return e.about < 0 ? `${A} is put in line. It does not run yet.`
            : `${capital(the(r, e.about))} puts ${a} in line. ${A} does not `
                + 'run yet.';
    case 'run': return `${A} runs.`;
    case 'ask':
        return r.hasLoop ? `${A} is asked: connect() is called, and returns at `
            + 'once.' : `${A} is asked: its connection begins.`;
    case 'connected': return `${A} is connected. The request is sent.`;
    case 'answer': return `The answer of ${a} has begun to arrive.`;
    case 'fetched':
        return `The fetch of ${a} is over.` + (e.joins.length > 0
            ? ' The callback for its end is put in line.' : '');
    case 'wait fd': return waitSentence(r, s, e);
    case 'wait timer':
        return r.hasLoop ? `${A} pauses for ${e.about} ms. The thread does not.`
            : `${A} pauses for ${e.about} ms. Its thread sleeps.`;
    case 'wait lock': return wantsScreen(r, s, e);
    case 'wait condition': return `${A} waits until all others are done.`;
    case 'lock':
        return s.holders.length > 1
            ? `${A} types as well: ${animals(s.holders.length)} at a time.`
            : `${A} has the screen.`;
    case 'unlock':
        return `${A} gives the screen back. `
            + `${capital(animals(s.queue.length))} `
            + `${s.queue.length === 1 ? 'waits' : 'wait'} for it.`;
    case 'letter': return `${A} types ${letterWord(e.about)}.`;
    case 'done': return `${A} is done.`;
    default: return `${A}: ${e.kind}.`;
    }
}

// A sentence for the time between two events that are far apart, or null.
function meanwhile(r, s) {
    const kinds = new Set();

    for (const task of s.tasks.values())
        kinds.add(task.wait?.kind);
    if (!r.hasLoop) {
        const live = r.tasks.filter((k) => !['idle', 'done'].includes(
            s.tasks.get(k).phase)).length;
        return r.numThreads > 1 && live > 1 ? `All ${numberWord(live)} threads `
            + 'wait, each in a call of its own.' : null;
    }
    if (!isPolling(r, s) || s.line.length > 0)
        return null;
    const ends = [];
    if (kinds.has('wait fd'))
        ends.push('a socket is ready');
    if (kinds.has('wait timer'))
        ends.push('a pause is over');
    return ends.length === 0 ? null
        : `The thread sleeps in ${r.pollCall} until ${ends.join(' or ')}.`;
}

const SOON = 300; // microseconds for which an event's own sentence is shown

function sentence(r, s, now) {
    if (!s.event)
        return 'Nothing has happened yet.';
    const text = describe(r, s, s.event);
    if (isOver(r, s))
        return `${text} The run is over.`;
    if (now - s.event.t > SOON && meanwhile(r, s))
        return meanwhile(r, s);
    if (!isPolling(r, s))
        return text;
    return s.line.length === 0
        ? `${text} Then the thread sleeps in ${r.pollCall}.`
        : `${text} Then the thread calls ${r.pollCall}, which does not wait: `
            + `${namesOf(r, s.line)} ${is(s.line.length)} in line.`;
}

// --- The doings of an animal, in two or three words --------------------------

// Returns the words, and the look of the animal's bar.
function doing(r, s, number) {
    const task = s.tasks.get(number);
    const { wait, phase } = task;

    if (isRunning(r, s, number))
        return ['runs', 'run'];
    if (s.line.includes(number))
        return ['in line', 'line'];
    switch (phase) {
    case 'idle': return ['not asked yet', ''];
    case 'farm':
        if (!r.hasLoop && wait)
            return [`in ${callAt(r, wait.at)}`, 'farm'];
        return [task.isConnected ? 'waits for the farm' : 'connects', 'farm'];
    case 'answered': return ['has its answer', ''];
    case 'screen': return ['waits for the screen', 'screen-wait'];
    case 'types': return ['types', 'types'];
    default: return ['done', ''];
    }
}

// How many threads of a run without a loop do the same, in one line.
function threadsDo(r, s) {
    const counts = new Map();

    for (const task of r.tasks) {
        const { phase, wait } = s.tasks.get(task);
        let words = '';
        if (isRunning(r, s, task) && phase !== 'done' && phase !== 'idle')
            words = 'running';
        else if (phase === 'farm' && wait)
            words = `in ${callAt(r, wait.at)}`;
        else if (phase === 'screen')
            words = 'at the mutex';
        else if (phase === 'types')
            words = 'asleep';
        if (words)
            counts.set(words, (counts.get(words) || 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1])
        .map(([words, n]) => `${n} ${words}`);
}

// The heading above the code: the meaning of the marked line.
function placeWords(r, s, number, isFollowed) {
    const task = s.tasks.get(number);

    if (number === null)
        return isPolling(r, s) ? 'the thread sleeps here' : 'the loop is here';
    const a = r.nameOf(number);
    if (isRunning(r, s, number))
        return `the ${a} runs here`;
    if (task.phase === 'done')
        return `the ${a} ended here`;
    if (s.line.includes(number))
        return `the ${a} will go on here`;
    if (!r.hasLoop && task.wait)
        return r.numThreads === 1 ? 'the thread waits here'
            : `the ${a}’s thread waits here`;
    return isFollowed && task.wait
        ? `the ${a} waits here, without a thread` : `the ${a} was here last`;
}
