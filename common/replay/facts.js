// facts.js - the rows beside the lanes: the thread, the descriptors that the
// kernel watches, the screen, the call stack, the await chain. A row without
// content is not shown.

'use strict';

const FACTS = ['thread', 'unasked', 'kernel', 'holders', 'stack', 'chain'];

// Shows a row, in the order of FACTS, or takes the row away.
function setRow(p, name, heading, content) {
    let row = p.rows.get(name);

    if (!content || content.length === 0) {
        row?.box.remove();
        p.rows.delete(name);
        return;
    }
    if (!row) {
        const box = make('div', `fact ${name}`);
        row = { box, heading: make('h3'), content: make('div', 'chips') };
        box.append(row.heading, row.content);
        p.rows.set(name, row);
        const later = FACTS.slice(FACTS.indexOf(name) + 1)
            .map((other) => p.rows.get(other)?.box).find((other) => other);
        p.facts.insertBefore(box, later || null);
    }
    setText(row.heading, heading);
    const key = content.map((node) => (node.outerHTML || node)).join('');
    if (row.key !== key)
        row.content.replaceChildren(...content);
    row.key = key;
}

function drawFacts(p, look) {
    const { r, state } = p;
    const over = isOver(r, state);
    const focus = focusOf(p, look.followed);

    if (!state.event)
        setRow(p, 'thread', '', null);
    else if (r.hasLoop)
        drawLoop(p);
    else
        drawThreads(p);
    setRow(p, 'holders', 'the screen', over ? null : screenRow(r, state));
    setRow(p, 'stack', 'call stack', over ? null : stackRow(r, state));
    if (focus === null || r.number !== 6)
        setRow(p, 'chain', '', null);
    else
        setRow(p, 'chain', `awaits of the ${r.nameOf(focus)}`,
            chainRow(r, state, focus, look));
}

const chips = (r, tasks, look) => tasks.map((task) =>
    chip(r.nameOf(task), look));

// The animals that have the screen, and those that wait for it; null before the
// first of them.
function screenRow(r, state) {
    const { holders, queue, letters } = state;

    if (holders.length + queue.length + letters.length === 0)
        return null;
    const row = chips(r, holders, 'types');
    if (holders.length === 0)
        row.push(words('free'));
    else
        row.push(words(holders.length > 1 ? 'type at the same time' : 'types'));
    if (queue.length === 0)
        return row;
    if (r.isBroken)
        row.push(words('· want it:'));
    else
        row.push(words(r.hasLoop ? '· then:' : '· at the mutex, in no order:'));
    return [...row, ...chips(r, queue, 'screen-wait')];
}

// The one thread of a loop, and the descriptors and timers it waits for.
function drawLoop(p) {
    const { r, state } = p;
    const isAsleep = isPolling(r, state);
    const running = isAsleep ? [] : [...state.runs.values()]
        .filter((task) => state.tasks.has(task));
    const thread = [];

    if (running.length > 0)
        thread.push(...chips(r, running, 'run'), words('runs'));
    else if (isOver(r, state))
        thread.push(make('b', '', 'has ended the loop'));
    else if (isAsleep)
        thread.push(make('b', '',
            `${state.line.length > 0 ? 'calls' : 'sleeps in'} ${r.pollCall}`));
    else
        thread.push(make('b', '', 'runs the loop'));
    if (state.line.length > 0)
        thread.push(words('· in line:'), ...chips(r, state.line, 'line'));
    setRow(p, 'thread', state.turn > 0 ? `thread, turn ${state.turn}`
        : 'the thread', thread);

    const waits = r.tasks.filter((task) => !state.line.includes(task))
        .map((task) => state.tasks.get(task).wait).filter((wait) => wait);
    const watches = (kind, unit, look) => waits
        .filter((wait) => wait.kind === kind)
        .map(({ about, task }) => chip(`${about}${unit} ${r.nameOf(task)}`,
            look));
    setRow(p, 'kernel', 'kernel watches', [...watches('wait fd', '', 'farm'),
        ...watches('wait timer', ' ms', 'types')]);
}

// Threads that wait in calls of their own: how many in which; or the only one.
function drawThreads(p) {
    const { r, state } = p;
    const inPhase = (...phases) => r.tasks.filter((task) =>
        phases.includes(state.tasks.get(task).phase));

    if (r.numThreads > 1) {
        const live = r.tasks.length - inPhase('idle', 'done').length;
        setRow(p, 'thread', `${live} thread${live === 1 ? '' : 's'}`,
            threadsDo(r, state).map((text) => make('span', 'count', text)));
        return;
    }
    const [task] = state.runs.values();
    const wait = state.tasks.get(task)?.wait;
    let does = 'runs';
    if (wait?.kind === 'wait fd')
        does = `waits in ${callAt(r, wait.at)}`;
    else if (wait?.kind === 'wait timer')
        does = 'sleeps between two letters';
    setRow(p, 'thread', 'the thread', task === undefined
        ? [words('has nothing to do')]
        : [...chips(r, [task], 'run'), words(does)]);
    setRow(p, 'unasked', 'not asked yet', chips(r, inPhase('idle')));
}

function frame(name, place) {
    const row = make('span', 'frame');

    row.append(make('code', '', name), ` ${place}`);
    return row;
}

const frameAt = (name, at) => frame(name, `${at.file}:${at.line}`);

// Stages 4 and 5: the function that runs, if the loop has called it. Functions
// between the two are left out.
function stackRow(r, state) {
    const { event } = state;
    const task = state.tasks.get(event?.task);
    const rows = [frame('the loop', r.loopFile), frame('main()', 'animals.c')];

    if ((r.number !== 4 && r.number !== 5) || state.turn === 0)
        return null;
    if (isPolling(r, state))
        return [frame(r.pollCall, ''), ...rows];
    if (!task || !isRunning(r, state, event.task) || !task.last.at.in)
        return rows;
    if (task.last.kind === 'ask' || r.events[task.last.i - 1]?.kind === 'ask')
        return null; // called by the code that asks
    if (r.number === 5)
        rows.unshift(frame('the task', r.engineFile));
    return [frameAt(`${task.last.at.in}()`, task.last.at), ...rows];
}

// Stage 6: the awaits of a task, the innermost first; those in files of the
// engine are folded.
function chainRow(r, state, number, look) {
    const { last, wait, phase } = state.tasks.get(number);
    const links = chainOf(r, state, number);
    const engine = links.filter((link) => isEngine(link.file));
    const rows = [];

    if (!last || phase === 'done')
        return rows;
    if (!wait && !isEngine(last.at.file))
        rows.push(frameAt(`${last.at.in}()`, last.at)); // the task is here
    // U+2060 keeps an arrow on one line.
    for (const link of links) {
        if (look.isUnfolded || !isEngine(link.file))
            rows.push(frameAt(link.call.replaceAll('->', '-\u2060>'), link));
        if (link === lastOf(engine))
            rows.push(foldButton(engine, look));
    }
    return rows;
}

function foldButton(links, look) {
    const count = links.length === 1 ? 'one link'
        : `${numberWord(links.length)} links`;
    const button = make('button', 'folded', look.isUnfolded ? 'fold the engine'
        : `${count} in the engine (${links[0].file})`);

    button.setAttribute('aria-keyshortcuts', 'E');
    button.title = 'e';
    button.onclick = look.onUnfold;
    return button;
}
