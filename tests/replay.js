// replay.js - appended to the page of make replay by replay.py: tests the page
// from inside. What fails is listed in the element "result", a line each.

const results = [];

function check(isTrue, text) {
    results.push(`${isTrue ? 'ok' : 'FAILED'}: ${text}`);
}

// A key, as the browser would report it.
function press(key, more = {}) {
    const code = /^\d$/.test(key) ? `Digit${key}` : key;

    (document.activeElement || document.body).dispatchEvent(new KeyboardEvent(
        'keydown', { key, code, bubbles: true, cancelable: true, ...more }));
}

const plain = (state) => JSON.stringify(state, (name, value) =>
    (value instanceof Map ? [...value] : name === 'joins' ? undefined : value));
const shownText = () => $('panes').innerText;

// --- The recording and the run agree -----------------------------------------

const MARKS = {
    'ask': 'asked', 'connected': 'connected', 'answer': 'first_byte',
    'fetched': 'done', 'wait lock': 'screen_asked', 'lock': 'typing',
    'unlock': 'typed',
};

for (const r of recordings) {
    const { facts, spans } = r.result.timing;
    const s = stateAt(r, r.events.length - 1);
    const marks = r.events.filter((e) => MARKS[e.kind]);
    const wrong = marks.filter((e) =>
        Math.abs(1e6 * spans[e.task][MARKS[e.kind]] - e.t) > 1.5);

    check(s.letters.map(([letter]) => letter).join('') === r.output,
        `${r.id}: the letters are the program's output`);
    // The loop of stage 3 does not report its turns.
    check(facts.turns === (r.number > 3 ? r.turns : undefined),
        `${r.id}: ${r.turns} turns are the program's ${facts.turns}`);
    check(marks.length === 7 * r.tasks.length && wrong.length === 0,
        `${r.id}: ${marks.length} marks equal the spans, but ${wrong.length}`);
    check(r.isBroken ? s.breaches.length > 0 : s.breaches.length === 0,
        `${r.id}: two holders of the screen ${s.breaches.length} times`);
    check(s.line.length === 0 && s.queue.length === 0 && s.holders.length === 0
        && [...s.tasks.values()].every((task) => task.phase === 'done'),
        `${r.id}: at the end all are done`);
    const lost = r.events.filter((e) => e.kind !== 'turn'
        && !r.files[e.at.file]?.[e.at.line - 1]);
    check(lost.length === 0, `${r.id}: every place is in the sources`);
    check(!r.hasLoop || /poll\(|selector_wait\(/.test(
        r.files[r.sleepsAt.file]?.[r.sleepsAt.line - 1].replace(/\/\/.*/, '')),
        `${r.id}: the line in which the thread sleeps`);
}

// --- Seeking back equals replaying -------------------------------------------

for (const r of recordings) {
    let same = true;

    goTo(`#left=${r.id}`);
    const [p] = page.panes;
    for (let k = 1; k < 30; k++) {
        const i = Math.floor(k * (r.events.length - 1) / 30);
        seek(p, i);
        page.now = r.events[i].t;
        draw();
        const onward = plain(p.state) + shownText();
        seek(p, r.events.length - 1);
        draw();
        seek(p, i);
        draw();
        same = same && onward === plain(p.state) + shownText()
            && plain(p.state) === plain(stateAt(r, i));
    }
    check(same, `${r.id}: seeking back equals replaying`);
}

// --- Transport ---------------------------------------------------------------

const [first] = recordings;
const last = recordings[recordings.length - 1];
const loops = recordings.find((r) => r.hasLoop) || recordings[0];
goTo(`#left=${loops.id}&t=0.61`);
{
    const [p] = page.panes;
    const { i } = p.state;
    press('ArrowRight');
    check(p.state.i === i + 1, '→ goes on by one event');
    press('ArrowLeft');
    check(p.state.i === i, '← goes back by one event');
    press('ArrowRight', { shiftKey: true });
    check(!isTyping(p), 'Shift → skips letters');
    press('t');
    check(!loops.hasLoop || p.state.event.kind === 'turn', 't goes to a turn');
    press('End');
    check(p.state.i === loops.events.length - 1, 'End');
    press('Home');
    check(page.now === 0, 'Home');
}

// --- Every control has a name and a key --------------------------------------

// All that a key may change.
const everything = () => shownText() + [...document.querySelectorAll(
    'input, select')].map((c) => c.value).join() + page.view + page.predicts
    + page.isPlaying + document.documentElement.dataset.theme + page.now;

function checkControls(where) {
    for (const control of document.querySelectorAll('button, select, input')) {
        if (control.checkVisibility() === false)
            continue;
        const name = control.textContent.trim() || control.ariaLabel
            || control.labels?.[0]?.textContent.trim();
        check(name && control.getAttribute('aria-keyshortcuts'),
            `${where}: ${control.id || name} has a name and a key`);
        control.focus();
        check(document.activeElement === control,
            `${where}: ${name} has the focus`);
    }
    document.activeElement.blur();
}

const KEY_NAMES = { Space: ' ' };

function checkKeys() {
    for (const control of document.querySelectorAll('[aria-keyshortcuts]')) {
        if (control.checkVisibility() === false)
            continue;
        const shortcuts = control.getAttribute('aria-keyshortcuts');
        for (const shortcut of shortcuts.split(' ')) {
            const [key, shift] = shortcut.split('+').reverse();
            const name = KEY_NAMES[key] || (shortcut === '+' ? '+'
                : key.length > 1 || shift ? key : key.toLowerCase());
            if (/^[1-6]$/.test(key) && !recordings.some((r) => r.id === key))
                continue;
            let changed = false;
            // Some keys choose a recording that is shown already.
            for (const [left, right] of [[first, last], [last, first]]) {
                goTo(`#left=${left.id}&right=${right.id}&t=0.3&zoom=3`);
                const before = everything();
                press(name, { shiftKey: shift === 'Shift' });
                changed = changed || everything() !== before;
                setPlaying(false);
            }
            check(changed, `the key ${shortcut} of ${control.id
                || control.textContent} does something`);
        }
    }
}

goTo(`#left=${loops.id}&t=0.3`);
checkControls('panes');
checkKeys();
if (recordings.some((r) => r.number === 6)) {
    goTo('#left=6&t=0.1&follow=cow');
    const folded = shownText();
    check($('panes').querySelector('.folded') !== null,
        'engine links are folded');
    press('e');
    check(shownText() !== folded, 'the key e unfolds them');
    press('e');
}

// --- Nothing is fetched, nothing moves by itself -----------------------------

check(performance.getEntriesByType('resource').length === 0,
    'nothing is fetched');
check(document.querySelectorAll('[src], link, img, iframe').length === 0
    && [...document.querySelectorAll('a')].every((a) =>
        a.getAttribute('href').startsWith('#')),
    'nothing leads out of the page');
check(document.getAnimations().length === 0, 'nothing is animated');

// --- The page fits its window ------------------------------------------------

const rectOf = (element) => element.getBoundingClientRect();
const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1
    || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;

function checkLayout(where) {
    const boxes = [...document.querySelectorAll('.bar, #caption, #question, '
        + '.head, .lanes, .fact, .code-box, .screen-box')]
        .filter((box) => box.checkVisibility());
    const faults = [];

    for (const box of boxes) {
        const rect = rectOf(box);
        const name = box.id || box.className;
        if (rect.bottom > innerHeight + 1 || rect.right > innerWidth + 1)
            faults.push(`${name} leaves the window`);
        for (const other of boxes) {
            if (other !== box && !apart(rect, rectOf(other)))
                faults.push(`${name} covers ${other.id || other.className}`);
        }
    }
    for (const here of document.querySelectorAll('.code .here')) {
        if (rectOf(here).bottom > rectOf(here.parentElement).bottom + 1)
            faults.push('the line that waits is cut off');
    }
    for (const words of document.querySelectorAll('.doing, .say, .head')) {
        if (words.scrollWidth > words.clientWidth + 1
            && getComputedStyle(words).display !== 'inline')
            faults.push(`"${words.textContent}" is cut off`);
        if (words.className === 'head'
            && words.scrollHeight > words.clientHeight + 2)
            faults.push(`"${words.textContent}" is too long`);
    }
    check(faults.length === 0,
        `${where}: layout ${faults.slice(0, 3).join('; ')}`);
}

for (const moment of moments) {
    goTo(`#moment=${moment.id}`);
    checkLayout(moment.id);
    check(!$('caption').hidden
        && $('caption').textContent === `${moment.title}. ${moment.text}`,
        `${moment.id} has a sentence`);
    press('ArrowRight');
    keepAddress();
    const { hash } = location;
    const text = shownText();
    goTo('#left=1');
    goTo(hash);
    check(shownText() === text, `${moment.id}: ${hash} names the moment`);
}
for (const r of recordings) {
    for (let k = 0; k <= 12; k++) {
        goTo(`#left=${r.id}&t=${k * r.end / 12e6}`);
        checkLayout(`${r.id} at ${k}/12`);
        goTo(`#left=${first.id}&right=${r.id}&t=${k * r.end / 12e6}`);
        checkLayout(`${first.id} and ${r.id} at ${k}/12`);
    }
}
goTo('');
check($('moment-list').hidden === (moments.length === 0),
    'begins with the moments');
check(moments.length > 0 || recordings.length < 3, 'there are moments');
checkControls('moments');

// --- Predict, played to the end ----------------------------------------------

requestAnimationFrame = () => 0; // this test is the clock

// Plays and answers until the end. `choose` picks an option of a question.
function playAll(choose) {
    let time = 0;

    $('speed').value = 7;
    press('Home');
    play(true);
    for (let k = 0; k < 20000 && (upcoming() || page.question); k++) {
        if (!page.question) {
            frameDue(time += 40);
            continue;
        }
        checkLayout(`question: ${page.question.text}`);
        const { options } = page.question;
        check(options.length > 1 && new Set(options).size === options.length,
            'a question has options');
        press(String(choose(page.question) + 1));
        check($('question').textContent.includes(page.question.why)
            && page.panes.some((p) => p.state.i === page.question.upTo
                || questionAt(p)),
            'the answer says why, and shows the event');
        checkLayout(`answer: ${page.question.text}`);
        document.activeElement.click(); // Enter on "Go on"
    }
    frameDue(time + 40);
}

for (const addresses of [...recordings.map((r) => `#left=${r.id}`),
    `#left=${first.id}&right=${last.id}`]) {
    goTo(addresses);
    press('p');
    const kinds = page.questions.map((q) => q.run.id + q.kind);
    const most = page.panes.length > 1 ? 1 : 2;
    check(kinds.length > 0 && kinds.every((kind) =>
        kinds.filter((other) => other === kind).length <= most),
        `${addresses}: at most ${most} of a kind`);
    playAll((question) => question.right);
    check(page.panes.every((p) => p.state.i === p.r.events.length - 1),
        `${addresses}: played to the end`);
    const n = page.questions.length;
    check($('caption').textContent.includes(`${n} of ${n} right`),
        `${addresses}: ${$('caption').textContent}`);
}
playAll((question) => (question.right + 1) % question.options.length);
check($('caption').textContent.startsWith('You predicted 0 of')
    && $('caption').querySelectorAll('a').length === page.questions.length,
    'what was missed is linked');

const list = make('pre', '', results.filter((line) => !line.startsWith('ok'))
    .concat(`${results.length} checks`).join('\n'));
list.id = 'result';
document.body.append(list);
