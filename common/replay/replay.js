// replay.js - time, controls, keys, addresses, Predict.

'use strict';

const $ = (id) => document.getElementById(id);

const SPEEDS = [1 / 500, 1 / 100, 1 / 50, 1 / 20, 1 / 10, 1 / 5, 1 / 2, 1];
const NOW_AT = 0.7; // where the present is when zoomed in: a share of the lanes

// How long playing stops at an event; the unit depends on the speed.
const HOLDS = {
    'ask': 1, 'ready': 0.8, 'run': 0.4, 'wake': 0.6, 'wait fd': 0.4,
    'fetched': 0.6, 'wait lock': 1.5, 'lock': 2, 'unlock': 2, 'done': 0.6,
};

const recordings = [...document.querySelectorAll('script.recording')]
    .map((script) => readRecording(JSON.parse(script.textContent)));
const moments = findMoments(recordings);

const page = {
    panes: [],
    now: 0, // microseconds
    isPlaying: false,
    debt: 0, // seconds that playing still has to stop
    lastFrame: 0,
    addressTimer: 0,
    followed: null, // a task
    isUnfolded: false,
    view: 'panes', // or 'moments', 'keys'
    predicts: false,
    questions: [], // of the shown recordings, in the order of time
    question: null, // the open one
    answers: [], // [question, was right]
};

// --- Time --------------------------------------------------------------------

const end = () => Math.max(...page.panes.map((p) => p.r.end));
const speed = () => SPEEDS[$('speed').value];

function viewNow() {
    const zoom = +$('zoom').value;
    const whole = end() * 1.02;
    const width = whole / 2 ** zoom;

    if (zoom === 0)
        return { from: 0, width };
    return { from: Math.max(0, page.now - width * NOW_AT), width };
}

function zoomTo(width) {
    $('zoom').value = Math.max(0, Math.floor(Math.log2(end() * 1.02 / width)));
}

// The next event of all panes, and its pane.
function upcoming() {
    return page.panes.map((p) => [p, p.r.events[p.state.i + 1]])
        .filter(([, e]) => e).sort((a, b) => a[1].t - b[1].t)[0];
}

function seek(p, i) {
    p.state = stateAt(p.r, i, p.state);
}

function seekTime(t) {
    page.now = Math.max(0, Math.min(end(), t));
    page.debt = 0;
    for (const p of page.panes) {
        const later = p.r.events.findIndex((e) => e.t > page.now + 1e-4);
        seek(p, (later < 0 ? p.r.events.length : later) - 1);
    }
}

// Applies the next event; returns its pane, or null at the end.
function step() {
    const next = upcoming();

    if (!next)
        return null;
    page.now = Math.max(page.now, next[1].t);
    seek(next[0], next[0].state.i + 1);
    return next[0];
}

function stepBack() {
    const [latest] = page.panes.filter((p) => p.state.event)
        .sort((a, b) => b.state.event.t - a.state.event.t);

    if (!latest)
        return;
    seek(latest, latest.state.i - 1);
    page.now = Math.max(0, ...page.panes.map((p) => p.state.event?.t || 0));
}

// Is the latest event part of typing a line? Its pauses and turns are, too.
function isTyping(p) {
    const { event, holders } = p.state;
    const own = holders.includes(event.task);

    if (event.kind === 'turn')
        return event.joins.concat(event.ready).length === 0
            || event.joins.every((run) => holders.includes(run.task));
    return ['letter', 'wait timer'].includes(event.kind)
        || (own && ['wake', 'run'].includes(event.kind));
}

// Steps until `fits` is true of a pane's latest event, or a question is due.
function stepUntil(fits) {
    for (let p = step(); p && !askAt(p); p = step()) {
        if (fits(p))
            break;
    }
}

// --- Playing -----------------------------------------------------------------

function setPlaying(on) {
    page.isPlaying = on;
    page.lastFrame = 0;
    setText($('play'), on ? 'Pause' : 'Play');
}

function play(on) {
    setPlaying(on);
    if (on) {
        $('caption').hidden = true;
        requestAnimationFrame(frameDue);
    } else {
        draw();
    }
}

function frameDue(time) {
    if (!page.isPlaying)
        return;
    let budget = page.lastFrame // seconds to play
        ? Math.min(0.1, (time - page.lastFrame) / 1000) : 0;
    page.lastFrame = time;
    const pay = () => {
        const paid = Math.min(page.debt, budget);
        page.debt -= paid;
        budget -= paid;
    };

    pay();
    while (budget > 0) {
        const next = upcoming();
        if (!next) {
            page.now = end();
            showScore();
            play(false);
            return;
        }
        const needed = Math.max(0, next[1].t - page.now) / 1e6 / speed();
        if (needed > budget) {
            page.now += budget * 1e6 * speed();
            break;
        }
        budget -= needed;
        const p = step();
        if (askAt(p))
            return;
        if (!isTyping(p))
            page.debt += (HOLDS[p.state.event.kind] || 0)
                * Math.min(0.25, 0.012 / speed());
        pay();
    }
    draw();
    requestAnimationFrame(frameDue);
}

// --- Drawing -----------------------------------------------------------------

function draw() {
    const view = viewNow();
    const v = speed();

    for (const name of ['moments', 'keys'])
        $(name).setAttribute('aria-pressed', String(page.view === name));
    $('moment-list').hidden = page.view !== 'moments';
    $('key-list').hidden = page.view !== 'keys';
    $('panes').hidden = page.view !== 'panes';
    $('turn').hidden = !page.panes.some((p) => p.r.hasLoop);
    $('predict').setAttribute('aria-pressed', String(page.predicts));
    for (const p of page.panes)
        drawPane(p, page.now, view, { ...page, onUnfold: toggleFold });
    setText($('time'), `${(page.now / 1e6).toFixed(4)} s`);
    $('scrub').value = 1000 * page.now / end();
    $('scrub').setAttribute('aria-valuetext', $('time').textContent);
    setText($('speed-words'), v === 1 ? 'real' : `1/${Math.round(1 / v)}`);
    $('speed').setAttribute('aria-valuetext', $('speed-words').textContent);
    if (page.isPlaying)
        return;
    setText($('live'), page.panes.map((p) => (page.panes.length > 1
        ? `${p.r.title}. ` : '') + sentence(p.r, p.state, page.now)).join(' '));
    clearTimeout(page.addressTimer); // browsers refuse many a second
    page.addressTimer = setTimeout(keepAddress, 200);
}

function show(leftId, rightId) {
    const ids = [leftId, rightId].filter((id) => id && id !== 'none');

    $('left').value = leftId;
    $('right').value = rightId || 'none';
    page.panes = ids.map((id) => makePane(
        recordings.find((r) => r.id === id), follow));
    $('panes').classList.toggle('two', page.panes.length > 1);
    $('panes').replaceChildren(...page.panes.map((p) => p.root));
    page.followed = null;
    restartPredict();
}

function toggleFold() {
    page.isUnfolded = !page.isUnfolded;
    draw();
}

function follow(task) {
    page.followed = page.followed === task ? null : task;
    draw();
}

// --- Predict -----------------------------------------------------------------

function restartPredict() {
    const most = page.panes.length > 1 ? 1 : 2; // of a kind and recording

    page.questions = [...new Set(page.panes.map((p) => p.r))]
        .flatMap((r) => questionsOf(r, most));
    page.answers = [];
    closeQuestion();
}

function closeQuestion() {
    page.question = null;
    $('question').hidden = true;
    $('transport').hidden = false;
}

// The question that is due after the latest event of a pane, or undefined.
function questionAt(p) {
    return page.questions.find((q) => q.run === p.r && q.i === p.state.i
        && page.predicts && !page.answers.some(([asked]) => asked === q));
}

// Asks that question, if there is one.
function askAt(p) {
    const question = questionAt(p);

    if (!question)
        return false;
    page.question = question;
    setPlaying(false);
    const bar = make('div', 'options');
    question.options.forEach((text, i) => {
        const option = make('button', 'option');
        option.append(make('kbd', '', i + 1), ` ${text}`);
        option.setAttribute('aria-keyshortcuts', i + 1);
        option.onclick = () => answer(i);
        bar.append(option);
    });
    const where = page.panes.length > 1 ? `${p.r.title}. ` : '';
    $('question').replaceChildren(make('h2', '', where + question.text), bar);
    $('question').hidden = false;
    $('transport').hidden = true; // its room is the question's
    $('caption').hidden = true;
    bar.firstChild.focus();
    draw();
    return true;
}

function answer(i) {
    const { question } = page;
    const isRight = i === question.right;
    const p = page.panes.find((other) => other.r === question.run);

    page.answers.push([question, isRight]);
    [...$('question').querySelectorAll('.option')].forEach((option, k) => {
        option.disabled = true;
        option.classList.toggle('right', k === question.right);
        option.classList.toggle('wrong', k === i && !isRight);
    });
    const why = make('p', 'why');
    const go = make('button', '', 'Go on');
    go.setAttribute('aria-keyshortcuts', 'Enter');
    go.onclick = () => {
        closeQuestion();
        if (!page.panes.some(askAt))
            play(true);
    };
    why.append(make('b', '', isRight ? '✓ Yes. ' : '✗ No. '), question.why, ' ',
        score(), go);
    $('question').append(why);
    go.focus();
    // To the event that shows the answer, or to a question of the other pane.
    while (p.state.i < question.upTo && step() && !page.panes.some(questionAt))
        ;
    draw();
}

function score() {
    const right = page.answers.filter(([, isRight]) => isRight).length;
    return `${right} of ${page.answers.length} right.`;
}

// At the end of a run: the score, and links to the moments of wrong answers.
function showScore() {
    if (!page.predicts || page.answers.length === 0)
        return;
    const missed = page.answers.filter(([, isRight]) => !isRight);
    const caption = $('caption');

    caption.replaceChildren(make('b', '', `You predicted ${score()} `));
    if (missed.length > 0)
        caption.append('Look again: ');
    missed.forEach(([question], i) => {
        const link = make('a', '', `${question.run.title}, `
            + `${(question.t / 1e6).toFixed(4)} s`);
        link.href = `#${address(page.panes, question.t)}`;
        caption.append(i > 0 ? ' · ' : '', link);
    });
    caption.hidden = false;
}

// --- Addresses ---------------------------------------------------------------

function address(panes, t) {
    const parts = [`left=${panes[0].r.id}`];

    if (panes.length > 1)
        parts.push(`right=${panes[1].r.id}`);
    parts.push(`t=${+(t / 1e6).toFixed(9)}`);
    return parts.join('&');
}

// The address of the present moment, so that it can be copied.
function keepAddress() {
    const zoom = +$('zoom').value;
    const follows = page.followed === null ? ''
        : `&follow=${page.panes[0].r.nameOf(page.followed)}`;
    const hash = `#${address(page.panes, page.now)}`
        + (zoom ? `&zoom=${zoom}` : '') + follows;

    if (page.view === 'panes' && $('caption').hidden && location.hash !== hash)
        history.replaceState(null, '', hash);
}

// Goes where an address leads: a guided moment, or left, right, t, zoom,
// follow; theme, predict and speed are for links as well.
function goTo(hash) {
    const words = new URLSearchParams(hash.slice(1));
    const has = (id) => recordings.some((r) => r.id === id);
    const moment = moments.find((m) => m.id === words.get('moment'));
    const [first, second] = moment ? moment.runs
        : [words.get('left'), words.get('right')];

    setPlaying(false);
    if (words.has('theme'))
        setTheme(words.get('theme'));
    show(has(first) ? first : recordings[0].id, has(second) ? second
        : !first && recordings.length === 2 ? recordings[1].id : 'none');
    $('caption').hidden = true;
    $('zoom').value = words.get('zoom') || 0;
    if (words.has('speed'))
        $('speed').value = words.get('speed');
    page.predicts = words.has('predict');
    page.view = first || moments.length === 0 ? 'panes' : 'moments';
    if (words.has('view'))
        page.view = words.get('view');
    seekTime(1e6 * (words.get('t') || 0));
    if (moment)
        goToMoment(moment);
    const { r } = page.panes[0];
    if (words.has('follow'))
        page.followed = r.tasks.find((k) => r.nameOf(k) === words.get('follow'))
            ?? null;
    draw();
}

function goToMoment(moment) {
    seekTime(moment.to || moment.t);
    if (moment.to) {
        const width = moment.to - moment.t;
        const next = upcoming()?.[1].t ?? end();
        page.now += Math.min(width / 20, (next - page.now) / 2);
        zoomTo(width * 1.6);
    }
    if (moment.follow !== undefined)
        page.followed = moment.follow;
    $('caption').replaceChildren(
        make('b', '', `${moment.title}. `), moment.text);
    $('caption').hidden = false;
}

function listMoments() {
    for (const moment of moments) {
        const link = make('a');
        link.href = `#moment=${moment.id}`;
        const runs = moment.runs.length > 1 ? moment.runs.join(' beside ')
            : recordings.find((r) => r.id === moment.runs[0]).title;
        link.append(make('span', 'runs-of', runs.replace('animals_', '')),
            make('b', '', moment.title), moment.text);
        $(moment.runs.length > 1 ? 'moments-of-two' : 'moments-of-one')
            .append(link);
    }
    $('moments-of-two').hidden = $('moments-of-two').children.length === 1;
}

// --- Controls ----------------------------------------------------------------

function setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    setText($('theme'), theme === 'dark' ? 'Light' : 'Dark');
}

// Something a person does by hand: playing stops, the panes are shown.
function byHand(action) {
    return () => {
        if (page.question)
            return;
        play(false);
        page.view = 'panes';
        $('caption').hidden = true;
        action();
        draw();
    };
}

function toggleView(name) {
    return () => {
        if (page.question)
            return;
        play(false);
        page.view = page.view === name ? 'panes' : name;
        draw();
    };
}

// Takes the recording with this id, or the next one of the list.
function choose(select, id) {
    const values = [...select.options].map((option) => option.value);
    const next = (values.indexOf(select.value) + 1) % values.length;
    const value = id ?? values[next];

    if (values.includes(value)) {
        select.value = value;
        select.onchange();
    }
}

function followNext(by) {
    const { tasks } = page.panes[0].r;
    const i = tasks.indexOf(page.followed);

    page.followed = i < 0 ? tasks[by > 0 ? 0 : tasks.length - 1]
        : tasks[i + by] ?? null;
    draw();
}

function nudge(id, by) {
    $(id).value = +$(id).value + by;
    draw();
}

function setUp() {
    for (const r of recordings) {
        $('left').add(new Option(r.title, r.id));
        $('right').add(new Option(r.title, r.id));
    }
    $('right').add(new Option('nothing', 'none'), 0);
    listMoments();

    $('left').onchange = $('right').onchange = byHand(() => {
        const { now } = page;
        show($('left').value, $('right').value);
        seekTime(now);
    });
    $('home').onclick = byHand(() => {
        restartPredict();
        seekTime(0);
    });
    $('back').onclick = byHand(stepBack);
    $('next').onclick = byHand(() => stepUntil(() => true));
    $('skip').onclick = byHand(() => stepUntil((p) => !isTyping(p)));
    $('turn').onclick = byHand(() => {
        if (page.panes.some((p) => p.r.hasLoop))
            stepUntil((p) => p.state.event.kind === 'turn');
    });
    $('scrub').oninput = byHand(() =>
        seekTime($('scrub').value / 1000 * end()));
    $('speed').oninput = $('zoom').oninput = draw;
    $('play').onclick = () => {
        if (page.question)
            return;
        page.view = 'panes';
        if (!upcoming()) {
            restartPredict();
            seekTime(0);
        }
        play(!page.isPlaying);
    };
    $('predict').onclick = byHand(() => {
        page.predicts = !page.predicts;
        restartPredict();
        if (!page.predicts)
            return;
        const n = page.questions.length;
        $('caption').replaceChildren(make('b', '', 'Predict. '),
            `Play: the replay stops ${n} times where something is decided, and `
            + 'asks.');
        $('caption').hidden = false;
        seekTime(0);
    });
    $('moments').onclick = toggleView('moments');
    $('keys').onclick = toggleView('keys');
    $('theme').onclick = () => setTheme(
        document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
}

const KEYS = {
    ' ': () => $('play').click(),
    'ArrowLeft': () => $('back').click(),
    'ArrowRight': (shift) => $(shift ? 'skip' : 'next').click(),
    'ArrowUp': () => followNext(-1),
    'ArrowDown': () => followNext(1),
    'Escape': () => {
        page.followed = null;
        page.view = 'panes';
        draw();
    },
    'Home': () => $('home').click(),
    'End': byHand(() => seekTime(end())),
    'PageUp': byHand(() => seekTime(page.now - end() / 20)),
    'PageDown': byHand(() => seekTime(page.now + end() / 20)),
    '+': () => nudge('speed', 1),
    '-': () => nudge('speed', -1),
    'z': () => nudge('zoom', 1),
    'x': () => nudge('zoom', -1),
    't': () => $('turn').click(),
    'e': toggleFold,
    'n': () => choose($('left')),
    'N': () => choose($('right')),
    'm': () => $('moments').click(),
    'p': () => $('predict').click(),
    'd': () => $('theme').click(),
    '?': () => $('keys').click(),
};

function onKey(e) {
    const digit = /^Digit(\d)$/.exec(e.code)?.[1];
    const { target } = e;

    if (e.ctrlKey || e.altKey || e.metaKey)
        return;
    if (page.question) {
        const options = $('question').querySelectorAll('.option:enabled');
        if (digit && options[digit - 1])
            options[digit - 1].click();
        return;
    }
    if (target.tagName === 'SELECT' && !digit)
        return; // the browser's own keys for a list
    if ((target.id === 'speed' || target.id === 'zoom') && /^Arrow/.test(e.key))
        return;
    if (/^(BUTTON|A)$/.test(target.tagName) && /^(Enter| )$/.test(e.key))
        return; // presses the control that has the focus
    if (digit === '0')
        choose($('right'), 'none');
    else if (digit)
        choose($(e.shiftKey ? 'right' : 'left'), digit);
    else if (KEYS[e.key])
        KEYS[e.key](e.shiftKey);
    else
        return;
    e.preventDefault();
}

setUp();
setTheme(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
addEventListener('keydown', onKey);
addEventListener('hashchange', () => goTo(location.hash));
addEventListener('resize', draw);
goTo(location.hash);
