// pane.js - draws one recording at one moment: lanes, code, screen. The facts
// beside them are in facts.js.

'use strict';

function make(tag, look, text) {
    const element = document.createElement(tag);

    if (look)
        element.className = look;
    if (text !== undefined)
        element.textContent = text;
    return element;
}

const chip = (text, look) => make('span', `chip ${look || ''}`, text);
const words = (text) => make('span', '', text);

function setText(element, text) {
    if (element.textContent !== text)
        element.textContent = text;
}

// --- Building ----------------------------------------------------------------

function makePane(r, onFollow) {
    const root = make('section', `pane ${r.hasLoop ? 'has-loop' : ''}`);
    const head = make('div', 'head');
    const title = make('h2', '', r.title);
    const p = {
        r, root, state: beginState(r),
        motto: make('span', 'motto', r.motto),
        say: make('p', 'say'),
        lanes: make('div', 'lanes'),
        facts: make('div', 'facts'),
        place: make('figcaption'),
        code: make('pre', 'code'),
        screen: make('pre', 'screen'),
        rows: new Map(),
    };
    const code = make('figure', 'code-box');
    const screen = make('figure', 'screen-box');

    root.setAttribute('aria-label', r.title);
    title.append(p.motto);
    head.append(title, p.say);
    code.append(p.place, p.code);
    screen.append(make('figcaption', '', 'the screen'), p.screen);
    root.append(head, p.lanes, p.facts, code, screen);
    makeLanes(p, onFollow);
    return p;
}

function makeLanes(p, onFollow) {
    const { r } = p;
    const fills = fillsOf(r);

    p.lanes.style.setProperty('--lanes', r.tasks.length);
    p.lane = new Map();
    for (const task of r.tasks) {
        const row = make('div', 'lane');
        const name = make('button', 'name', r.nameOf(task));
        const track = make('div', 'track');
        const state = make('span', 'doing');
        name.setAttribute('aria-keyshortcuts', 'ArrowUp ArrowDown');
        name.title = 'follow this animal (↑ ↓)';
        name.tabIndex = -1;
        name.onclick = () => onFollow(task);
        const bars = fills.get(task).map((fill) => {
            const bar = make('span', `fill ${fill.look}`);
            track.append(bar);
            return { ...fill, bar };
        });
        const runs = make('span', 'runs');
        track.append(runs);
        row.append(name, track, state);
        p.lanes.append(row);
        p.lane.set(task, { row, name, bars, runs, words: state });
    }
    p.over = make('div', 'over'); // lies over all tracks
    p.now = make('span', 'now');
    p.marks = make('span', 'marks');
    p.over.append(p.marks, p.now);
    p.ruler = make('div', 'ruler');
    p.lanes.append(p.over, p.ruler);
}

// The bars of each task: { look, from, to }.
function fillsOf(r) {
    const fills = new Map(r.tasks.map((task) => [task, []]));
    const open = new Map();
    const looks = {
        'ask': 'farm', 'wait lock': 'screen-wait', 'lock': 'types',
    };

    for (const e of r.events) {
        if (!fills.has(e.task))
            continue;
        if (looks[e.kind] || e.kind === 'fetched' || e.kind === 'unlock') {
            const before = open.get(e.task);
            if (before)
                before.to = e.t;
            open.delete(e.task);
        }
        if (looks[e.kind]) {
            const fill = { look: looks[e.kind], from: e.t, to: r.end };
            fills.get(e.task).push(fill);
            open.set(e.task, fill);
        }
    }
    return fills;
}

// --- Lanes -------------------------------------------------------------------

const CLOSE = 40000; // microseconds in view: then each run and turn is drawn

function drawLanes(p, now, view, followed) {
    const { r, state } = p;
    const percent = (t) => 100 * (t - view.from) / view.width;
    const stretch = (element, from, to) => {
        const a = Math.max(from, view.from);
        const b = Math.min(to, now, view.from + view.width);
        element.hidden = b <= a && !(b === a && from === b);
        element.style.left = `${percent(a)}%`;
        element.style.width = `${percent(b) - percent(a)}%`;
    };

    for (const [task, lane] of p.lane) {
        const [text, look] = doing(r, state, task);
        lane.row.classList.toggle('on', look === 'run');
        lane.row.classList.toggle('followed', task === followed);
        lane.name.setAttribute('aria-pressed', String(task === followed));
        setText(lane.words, text);
        lane.words.className = look ? `doing mark ${look}` : 'doing';
        for (const fill of lane.bars)
            stretch(fill.bar, fill.from, fill.to);
        lane.runs.replaceChildren();
    }
    p.now.style.left = `${Math.min(100, percent(now))}%`;
    p.marks.replaceChildren();
    p.lanes.classList.toggle('close', view.width <= CLOSE);
    if (view.width <= CLOSE)
        drawClose(p, now, view, stretch, percent);
    drawRuler(p, view, percent);
}

// From near: when the thread runs which task, when it sleeps, and its turns.
function drawClose(p, now, view, stretch, percent) {
    const { r, state } = p;
    let labelAt = -20;
    const addSleep = (from, to) => {
        const sleep = make('span', 'sleep');
        stretch(sleep, from, to);
        if (parseFloat(sleep.style.width) > 20)
            sleep.append(make('b', '', r.pollCall));
        p.marks.append(sleep);
    };

    const goOn = new Set(r.tasks.filter((task) => isRunning(r, state, task)));
    for (let i = state.i; i >= 0; i--) {
        const e = r.events[i];
        if (e.kind === 'run' && p.lane.has(e.task) && e.until >= view.from) {
            const run = make('span', 'run');
            stretch(run, e.t, goOn.delete(e.task) ? now : e.until);
            p.lane.get(e.task).runs.prepend(run);
        }
        if (e.t < view.from - CLOSE)
            break;
    }
    for (const e of r.events) {
        if (e.kind !== 'turn' || e.t > now || e.t < view.from)
            continue;
        const before = r.events[e.i - 1];
        if (before)
            addSleep(before.t, e.t);
        const turn = make('span', 'turn');
        turn.style.left = `${percent(e.t)}%`;
        if (percent(e.t) - labelAt > 17) {
            turn.append(make('b', '', `turn ${e.number}`));
            labelAt = percent(e.t);
        }
        p.marks.append(turn);
    }
    if (isPolling(r, state))
        addSleep(state.event.t, now);
}

function drawRuler(p, view, percent) {
    const key = `${view.from} ${view.width}`;
    if (p.rulerKey === key)
        return;
    p.rulerKey = key;
    p.ruler.replaceChildren();
    let step = 1;
    for (let i = 0; view.width / step > 6.5; i++)
        step *= i % 3 === 1 ? 2.5 : 2; // 1, 2, 5, 10, ...
    const digits = Math.max(1, 6 - Math.floor(Math.log10(step)));
    for (let t = Math.ceil(view.from / step) * step;
        t < view.from + view.width * 0.93; t += step) {
        const tick = make('span', '', (t / 1e6).toFixed(digits));
        tick.style.left = `${percent(t)}%`;
        p.ruler.append(tick);
    }
    p.ruler.append(make('span', 'unit', 's'));
}

// --- Code and screen ---------------------------------------------------------

// The animal whose place is shown; null: the loop's.
function focusOf(p, followed) {
    const { r, state } = p;

    if (followed !== null && state.tasks.get(followed)?.last)
        return followed;
    const { event } = state;
    if (!event || isPolling(r, state) || !state.tasks.has(event.task))
        return null;
    return r.hasLoop && (event.kind === 'ready' || event.kind === 'wake')
        ? null : event.task;
}

// How many lines of text fit in.
function rowsOf(element) {
    const height = parseFloat(getComputedStyle(element).lineHeight);

    return Math.max(1, Math.floor((element.clientHeight + 1) / height));
}

function drawCode(p, followed) {
    const { r, state } = p;
    const focus = focusOf(p, followed);
    const task = focus === null ? null : state.tasks.get(focus);
    let at = task ? task.last.at : r.sleepsAt;

    if (!task && !isPolling(r, state) && r.files[state.event?.at.file])
        at = state.event.at;
    if (task?.wait)
        at = waitPlace(r, task.wait);
    const text = at && state.event && r.files[at.file];
    p.place.parentElement.hidden = !text;
    if (!text)
        return;
    setText(p.place, `${at.file}, line ${at.line}: ${placeWords(r, state, focus,
        followed !== null)}`);
    const rows = rowsOf(p.code);
    const waits = task ? !isRunning(r, state, focus) : isPolling(r, state);
    const key = `${at.file} ${at.line} ${rows} ${waits}`;
    if (p.codeKey === key)
        return;
    p.codeKey = key;
    const from = Math.max(0, Math.min(text.length - rows,
        at.line - 1 - Math.floor(rows / 2)));
    const lines = text.slice(from, from + rows);
    const indent = Math.min(...lines.filter((l) => l.trim() !== '')
        .map((l) => l.search(/\S/)));
    p.code.replaceChildren(...lines.map((line, i) => {
        const number = from + i + 1;
        const isHere = number === at.line;
        const row = make('span', isHere ? `here ${waits ? 'waits' : ''}` : '');
        row.append(make('b', '', `${isHere ? '▸' : ' '}${
            String(number).padStart(3)}  `), line.slice(indent));
        return row;
    }));
}

function drawScreen(p, followed) {
    const { r, state } = p;
    p.screen.parentElement.hidden = state.letters.length === 0;
    const rows = rowsOf(p.screen);
    const key = `${state.letters.length} ${followed} ${rows} ${
        isOver(r, state)}`;
    if (p.screenKey === key)
        return;
    p.screenKey = key;
    const ends = state.letters.map(([letter], i) => (letter === '\n' ? i : -1))
        .filter((i) => i >= 0);
    const from = ends.length >= rows ? ends[ends.length - rows] + 1 : 0;
    p.screen.replaceChildren();
    for (const [letter, task] of state.letters.slice(from)) {
        if (task === followed && letter !== '\n')
            p.screen.append(make('mark', '', letter));
        else
            p.screen.append(letter);
    }
    if (!isOver(r, state))
        p.screen.append(make('span', 'cursor', ' '));
    p.screen.scrollTop = p.screen.scrollHeight; // lines that mix are long
}

// `look` is { followed, isUnfolded, onUnfold }.
function drawPane(p, now, view, look) {
    setText(p.say, sentence(p.r, p.state, now));
    drawLanes(p, now, view, look.followed);
    drawFacts(p, look);
    drawScreen(p, look.followed);
    drawCode(p, look.followed); // last: takes the room that is left
}
