// predict.js - the questions of Predict: each is asked where a run decides
// something that the code, the line or the queue lets a reader work out.
//
// A question has `i`, the event after which it is asked, `upTo`, the event that
// shows the answer, `kind`, `text`, `options`, `right` (an index) and `why`.

'use strict';

// --- What does the thread do now? --------------------------------------------

function askFirstWait(r, s, e) {
    if (e.kind !== 'wait fd' || (!r.hasLoop && callAt(r, e.at) !== 'recv()'))
        return null;
    const name = r.nameOf(e.task);
    const next = r.tasks.find((task) => s.tasks.get(task).phase === 'idle');
    if (next === undefined)
        return null;
    const other = r.nameOf(next);
    const kind = 'thread';
    if (r.hasLoop)
        return { kind,
            text: `The ${name}’s connect() has returned, and there is no `
                + 'connection yet. What does the thread do now?',
            options: [`It waits until the ${name} is connected.`,
                `It asks the ${other}.`, `It sleeps in ${r.pollCall}.`],
            right: 1,
            upTo: nextEvent(r, e, (x) => x.kind === 'ask'),
            why: 'The call did not wait, so the thread is free, and there are '
                + 'animals that have not been asked.' };
    if (r.numThreads === 1)
        return { kind,
            text: 'The request is sent, and the thread has called recv(). '
                + 'What does the thread do now?',
            options: [`It asks the ${other}.`,
                `It waits until the ${name} answers.`,
                'It sleeps until any animal answers.'],
            right: 1,
            upTo: nextEvent(r, e, (x) => x.kind === 'ready'),
            why: 'recv() returns when bytes have come for this one socket. '
                + 'Until then the only thread does nothing else.' };
    return { kind,
        text: `The ${name}’s thread waits in recv(). What happens now?`,
        options: [`Nothing, until the ${name} answers.`,
            'Another thread asks another animal.',
            `The ${name}’s thread asks another animal.`],
        right: 1,
        upTo: nextEvent(r, e, (x) => x.kind === 'ask'),
        why: 'Each animal has a thread of its own, and only that thread '
            + 'waits.' };
}

// Stage 1, when a line is complete.
function askAfterLine(r, s, e) {
    if (e.kind !== 'done' || r.hasLoop || r.numThreads > 1)
        return null;
    const next = nextEvent(r, e, (x) => x.kind === 'ask');
    if (!next)
        return null;
    const other = r.nameOf(next.task);
    return { kind: 'thread',
        text: `The ${r.nameOf(e.task)}’s line is complete. What does the `
            + 'thread do now?',
        options: [`It types the line of the ${other}.`, `It asks the ${other}.`,
            'It types the line of the first animal that has answered.'],
        right: 1, upTo: next,
        why: `The ${other} has not been asked before. This is why stage 1 `
            + 'takes the sum of all waits.' };
}

// The screen is wanted, and another animal has it.
function askContended(r, s, e) {
    if (e.kind !== 'wait lock' || s.holders.length === 0)
        return null;
    const name = r.nameOf(e.task);
    const holder = r.nameOf(s.holders[0]);
    const thread = r.hasLoop ? 'thread' : `${name}’s thread`;
    const between = `It types the ${name}’s line between the ${holder}’s `
        + 'letters.';
    const text = `The ${name} has its answer, and the ${holder} is typing. `
        + `What does the ${thread} do now?`;
    if (r.isBroken)
        return { kind: 'screen', text, right: 0,
            options: [between,
                `It waits until the ${holder} has typed its line.`],
            upTo: nextEvent(r, e, (x) => x.kind === 'letter'
                && x.task === e.task),
            why: 'Nothing guards the screen in this copy, so nothing keeps the '
                + 'two lines apart.' };
    if (!r.hasLoop)
        return { kind: 'thread', text, right: 0,
            options: ['It waits for the mutex, and does nothing else.', between,
                'It asks another animal.'],
            upTo: r.events[e.i + 1],
            why: 'pthread_mutex_lock() returns when the mutex is free. The '
                + 'other threads go on.' };
    return { kind: 'thread', text, right: 1,
        options: [`It waits until the ${holder} has typed its line.`,
            `It notes that the ${name} wants the screen, and goes on.`,
            between],
        upTo: r.events[e.i + 1],
        why: `The ${name} waits in a queue of the program, and not in a call. `
            + 'The thread has other animals to serve.' };
}

// --- Which animal runs next? -------------------------------------------------

// A fetch has ended while other animals are in line.
function askAfterFetch(r, s, e) {
    const others = s.line.filter((task) => task !== e.task);

    if (e.kind !== 'fetched' || !r.hasLoop || others.length < 2)
        return null;
    const next = nextEvent(r, e, (x) => x.task >= 0
        && (x.kind === 'run' || x.kind.startsWith('wait')));
    if (!next || (next.task !== e.task && next.task !== others[0]))
        return null;
    const options = [e.task, ...others];
    const name = r.nameOf(e.task);
    return { kind: 'next', isOfNames: true,
        text: `The ${name}’s fetch is over, and ${namesOf(r, others)} are in `
            + 'line. Which animal runs next?',
        options: options.map((task) => `The ${r.nameOf(task)}.`),
        right: options.indexOf(next.task),
        upTo: next,
        why: next.task === e.task
            ? 'The fetch returns to the code that called it, so the '
                + `${name} goes on until it has to wait.`
            : `The end of a fetch only puts a callback in line, and the `
                + `${r.nameOf(next.task)} was in line before it.` };
}

// --- Which animal gets the screen? -------------------------------------------

function askHandOver(r, s, e) {
    if (e.kind !== 'unlock' || s.queue.length < 2 || r.isBroken)
        return null;
    const next = nextEvent(r, e, (x) => x.kind === 'lock');
    const options = [...s.queue].sort((a, b) => a - b);
    const first = r.nameOf(s.queue[0]);
    const question = {
        kind: 'screen',
        isOfNames: true,
        text: `The ${r.nameOf(e.task)} gives the screen back, and `
            + `${namesOf(r, options)} wait for it. Which animal gets the `
            + 'screen?',
        options: [...options.map((task) => `The ${r.nameOf(task)}.`),
            'The program does not decide that.'],
        upTo: next,
    };
    if (!r.hasLoop)
        return { ...question, right: options.length,
            why: 'A mutex promises no order. This time it was the '
                + (next.task === s.queue[0]
                    ? `${first}, which had waited longest. The next run may `
                        + 'differ.'
                    : `${r.nameOf(next.task)}, although the ${first} had `
                        + 'waited longer.') };
    if (next.task !== s.queue[0])
        return null; // a copy that does otherwise
    return { ...question, right: options.indexOf(next.task),
        why: `The queue is the program’s own: the ${first} came first.` };
}

// --- All of them -------------------------------------------------------------

// The sentences in another order in each recording: the number of an answer is
// not worth learning.
function turnOptions(question, by) {
    if (question.isOfNames)
        return question; // in the order of the lanes
    const n = question.options.length;
    const order = question.options.map((_, i) => (i + by) % n);
    return { ...question, options: order.map((i) => question.options[i]),
        right: order.indexOf(question.right) };
}

// At most `most` questions of a kind, in the order of time.
function questionsOf(r, most) {
    const asks = [askFirstWait, askAfterLine, askContended, askAfterFetch,
        askHandOver];
    const counts = {};
    const used = new Set(); // those that have asked; hand-overs may ask again
    const questions = [];
    const s = beginState(r);

    while (s.i + 1 < r.events.length) {
        advance(r, s);
        for (const ask of asks) {
            if (used.has(ask))
                continue;
            const question = ask(r, s, s.event);
            if (!question || !question.upTo)
                continue;
            if (ask !== askHandOver)
                used.add(ask);
            counts[question.kind] = (counts[question.kind] || 0) + 1;
            if (counts[question.kind] <= most)
                questions.push({
                    ...turnOptions(question, r.number),
                    run: r, i: s.i, t: s.event.t, upTo: question.upTo.i,
                });
            break;
        }
    }
    return questions;
}
