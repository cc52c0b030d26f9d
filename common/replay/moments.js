// moments.js - guided moments: places in the recordings worth looking at. Each
// has an id for the address (#moment=four-answers), the runs it needs, a title,
// one sentence, and a function that finds it in these recordings.
//
// A place has `t`, and may have `follow`, an animal, and `to`: then the moment
// is `to`, and the lanes are zoomed so that they begin shortly before `t`. The
// place is null in a run that has no such moment.

'use strict';

const firstAnswer = (r) => r.events.find((e) => e.kind === 'answer');

// Half way to the first answer: all that can be asked has been asked.
const beforeAnswer = (r) => ({ t: firstAnswer(r).t / 2 });

const askedBeforeAnswer = (r) => r.events.filter((e) => e.kind === 'ask'
    && e.i < firstAnswer(r).i).length;

// The last event of a turn.
function endOf(r, turn) {
    const next = nextEvent(r, turn, (e) => e.kind === 'turn');

    return next ? r.events[next.i - 1] : lastOf(r.events);
}

// The turn that brings most answers, and its last event.
function busiestTurn(r) {
    const turns = r.events.filter((e) => e.kind === 'turn');
    const answers = (turn) => r.events.slice(turn.i, endOf(r, turn).i + 1)
        .filter((e) => e.kind === 'answer').length;
    const turn = turns.reduce((best, t) =>
        (answers(t) > answers(best) ? t : best), turns[0]);

    return { turn, n: answers(turn), last: endOf(r, turn) };
}

// The first turn in which several sockets are ready, and its last event.
function firstOfMany(r) {
    const turn = r.events.find((e) => e.kind === 'turn' && e.ready.length > 1);

    return { turn, last: endOf(r, turn) };
}

const firstFetched = (r, turn) =>
    nextEvent(r, turn, (e) => e.kind === 'fetched');

// In the middle of a line: a turn that wakes the task, and its letter a turn
// later.
function letterAfterPause(r) {
    const kinds = ['turn', 'wake', 'turn', 'run', 'letter'];
    const turn = r.events.find((e, i) => e.t > r.end / 2
        && kinds.every((kind, k) => r.events[i + k]?.kind === kind));

    return { turn, letter: r.events[turn.i + 4] };
}

// The first moment at which a mutex passes over the animal that has waited
// longest; else the first with a choice.
function handOver(r) {
    const s = beginState(r);
    let found = null;

    while (s.i + 1 < r.events.length) {
        const queue = s.queue;
        advance(r, s);
        if (s.event.kind !== 'lock' || queue.length < 2)
            continue;
        const passedOver = queue[0] !== s.event.task;
        if (!found || passedOver)
            found = { lock: s.event, queue, passedOver };
        if (passedOver)
            break;
    }
    return found;
}

// The moment in which most animals type at once.
function mostHolders(r) {
    const s = beginState(r);
    let best = { n: 0 };

    while (s.i + 1 < r.events.length) {
        advance(r, s);
        if (s.event.kind === 'unlock' && s.holders.length + 1 > best.n)
            best = { n: s.holders.length + 1, t: r.events[s.i - 1].t };
    }
    return best;
}

// Stage 4 beside 6: in both, the same animal is the first of several answers,
// and in 6 it gets the screen before another animal runs.
function queueOrGoOn(...both) {
    const turns = both.map(busiestTurn);
    const [queued, other] = both.map((r, i) => firstFetched(r, turns[i].turn));
    const next = nextEvent(both[1], other, (e) => e.kind === 'lock'
        || (e.kind === 'run' && e.task !== other.task));

    if (turns.some(({ n }) => n < 2) || queued.task !== other.task
        || next.kind !== 'lock' || next.task !== other.task)
        return null;
    return {
        t: Math.min(...turns.map(({ turn }) => turn.t)),
        to: Math.max(...turns.map(({ last }) => last.t)),
    };
}

// A broken variant beside its stage.
function mixedLetters(id, stage, variant, missing) {
    return {
        id,
        runs: [stage, variant],
        title: (r, broken) => {
            const many = numberWord(mostHolders(broken).n);
            return `Letters of ${many} lines in one`;
        },
        text: (r, broken) => {
            const many = animals(mostHolders(broken).n);
            return `Without the ${missing}, ${many} type at the same time, and `
                + 'their letters mix.';
        },
        find: (r, broken) => ({ t: mostHolders(broken).t }),
    };
}

const MOMENTS = [
    {
        id: 'one-at-a-time',
        runs: ['1'],
        title: 'One call, and nothing else',
        text: (r) => `The only thread is in recv() for the ${r.nameOf(0)}, so `
            + `${numberWord(r.tasks.length - 1)} animals have not even been `
            + 'asked.',
        find: beforeAnswer,
    },
    {
        id: 'mutex',
        runs: ['2'],
        title: 'The mutex chose',
        text: (r) => {
            const { lock, queue, passedOver } = handOver(r);
            const many = capital(numberWord(queue.length));
            const why = passedOver
                ? `, although the ${r.nameOf(queue[0])} had waited longer.`
                : ': it promises no order, and another run may differ.';
            return `${many} threads waited for the mutex, and it chose the `
                + r.nameOf(lock.task) + why;
        },
        find: (r) => ({ t: handOver(r).lock.t }),
    },
    {
        id: 'array-order',
        runs: ['3'],
        title: 'One poll(), all sockets',
        text: (r) => {
            const many = numberWord(firstOfMany(r).turn.ready.length);
            return `poll() returned once for ${many} sockets, and the program `
                + 'went through its array, from the first to the last.';
        },
        find: (r) => {
            const { turn, last } = firstOfMany(r);
            return { t: turn.t, to: last.t };
        },
    },
    {
        id: 'only-the-loop',
        runs: ['4'],
        title: 'The call stack says “loop”',
        text: (r) => `${capital(numberWord(askedBeforeAnswer(r)))} fetches are `
            + 'under way, and none of them is on the call stack: only its next '
            + 'callback knows how far a fetch is.',
        find: beforeAnswer,
    },
    {
        id: 'four-answers',
        runs: ['4'],
        title: (r) => {
            const many = capital(numberWord(busiestTurn(r).n));
            return `${many} answers in one turn`;
        },
        text: (r) => {
            const { turn, n, last } = busiestTurn(r);
            const ms = ((last.t - turn.t) / 1000).toFixed(2);
            return `${capital(numberWord(n))} answers came with one return of `
                + `${r.pollCall}, and the one thread served them in ${ms} ms, `
                + 'one after another.';
        },
        find: (r) => {
            const { turn, n, last } = busiestTurn(r);
            return n < 2 ? null : { t: turn.t, to: last.t };
        },
    },
    {
        id: 'queued',
        runs: ['4'],
        title: 'The end of a fetch is only put in line',
        text: (r) => {
            const name = r.nameOf(firstFetched(r, busiestTurn(r).turn).task);
            return `The ${name}’s fetch is over, but its callback is last in `
                + 'line: no callback runs inside another one.';
        },
        find: (r) => {
            const { turn, n } = busiestTurn(r);
            return n < 2 ? null : { t: turn.t, to: firstFetched(r, turn).t };
        },
    },
    {
        id: 'double-hop',
        runs: ['5'],
        title: 'The double hop of 5 and 6',
        text: () => 'The timer’s callback only puts the task in line, so each '
            + 'letter takes two turns: one to wake the task, one to run it.',
        find: (r) => {
            const { letter, turn } = letterAfterPause(r);
            return { t: turn.t, to: letter.t };
        },
    },
    {
        id: 'innermost',
        runs: ['5'],
        title: 'Resumed in the middle',
        text: () => 'The loop resumes the innermost coroutine directly, so the '
            + 'one that waits for its result is not on the call stack.',
        find: (r) => ({ t: firstAnswer(r).t }),
    },
    {
        id: 'chain',
        runs: ['6'],
        title: 'The chain of awaits',
        text: (r) => `The ${r.nameOf(0)} waits, and its chain of awaits names `
            + 'every function it is in, although no thread is there.',
        find: (r) => ({ ...beforeAnswer(r), follow: 0 }),
    },
    {
        id: 'same-picture',
        runs: ['2', '4'],
        title: 'The same picture, another kind of waiting',
        text: () => 'The lanes are alike, but in 2 each waiting animal has a '
            + 'thread in a call, and in 4 one thread waits for all of them.',
        find: (r) => ({ t: r.end * 0.49 }),
    },
    {
        id: 'same-line',
        runs: ['1', '6'],
        title: 'The same line of code',
        text: (r) => `Both wait for the ${r.nameOf(0)} in the same place of `
            + 'fetch(): in 1 the thread waits there, in 6 only the task.',
        find: (r, other) => ({ ...beforeAnswer(other), follow: 0 }),
    },
    {
        id: 'two-turns',
        runs: ['4', '5'],
        title: 'As many letters, twice as many turns',
        text: (r, other) => `Both have typed all ${r.output.length} letters: `
            + `stage 4 in ${r.turns} turns, stage 5 in ${other.turns}.`,
        find: (r, other) => ({ t: Math.max(r.end, other.end) }),
    },
    {
        id: 'queue-or-go-on',
        runs: ['4', '6'],
        title: 'Back into the line, or straight on',
        text: (r) => {
            const name = r.nameOf(firstFetched(r, busiestTurn(r).turn).task);
            return `After its answer the ${name} in 4 gets in line behind the `
                + 'others; in 6 it goes on and types its first letter at once.';
        },
        find: queueOrGoOn,
    },
    mixedLetters('mixed-letters', '2', 'animals_unlocked', 'lock'),
    mixedLetters('mixed-unqueued', '4', 'animals_unqueued', 'queue'),
    mixedLetters('mixed-interleaved', '6', 'animals_interleaved', 'lock'),
];

// The moments that these recordings have, with the place of each.
function findMoments(recordings) {
    const byId = new Map(recordings.map((r) => [r.id, r]));

    return MOMENTS.filter(({ runs }) => runs.every((id) => byId.has(id)))
        .map((moment) => {
            const runs = moment.runs.map((id) => byId.get(id));
            const { title } = moment;
            try {
                const place = moment.find(...runs);
                return place && {
                    ...moment, ...place,
                    title: typeof title === 'string' ? title : title(...runs),
                    text: moment.text(...runs),
                };
            } catch {
                return null; // this run has no such moment
            }
        }).filter((moment) => moment !== null);
}
