import { readFileSync } from 'node:fs';
import { boundsBroken, vacuous } from '../../lab/chaos/bounds.ts';
import { classes } from '../../lab/chaos/chaos-class.ts';
import { breaches, type Evidence, excusedBy } from '../../lab/chaos/checker.ts';
import { mutants } from '../../lab/chaos/mutants/list.ts';
import { randomOf } from '../../lab/chaos/random.ts';
import { pagesAgain } from '../../lab/chaos/round.ts';
import { planRound } from '../../lab/chaos/schedule.ts';
import { seededDraws } from '../../model/text/seeded-draws.ts';
import { readFailpoints } from '../../platform/foundation/failpoint.ts';

const sound: Evidence = {
  promise: 't2',
  truth: [
    { id: 'r1', version: 1, value: 'a' },
    { id: 'r2', version: 3, value: 'b' },
    { id: 'b3', version: 4 },
  ],
  deletions: [{ id: 'r0', version: 5 }],
  journal: [
    { id: 'r1', version: 1 },
    { id: 'r2', version: 2 },
    { id: 'r2', version: 3 },
    { id: 'r0', version: 4 },
    { id: 'r0', version: 4, gone: true },
  ],
  runs: [
    { id: 'a', status: 'partial', counts: { fetched: 3, delivered: 2, quarantined: 1 }, startedMs: 1, endedMs: 5 },
    { id: 'b', status: 'succeeded', counts: { fetched: 0 }, startedMs: 6, endedMs: 7 },
  ],
  watermark: 4,
  quarantined: new Set(['b3']),
  doubts: 0,
  answers: { retry: 0, skip: 0 },
  excused: { lost: new Set(), doubled: 0, retried: 0 },
  final: true,
  emptied: true,
};

test('the checker has nothing to say of a sound round', () => {
  expect(breaches(sound)).toEqual([]);
});

test.each<[string, Partial<Evidence>, RegExp]>([
  [
    'a count that does not add up',
    { runs: [{ ...sound.runs[0], counts: { fetched: 3, delivered: 2 } } as never] },
    /conservation/,
  ],
  ['a cursor past a record that is nowhere', { quarantined: new Set(), final: false }, /cursor behind.*b3/],
  ['a request that was never settled', { doubts: 1 }, /intent first/],
  [
    'a second effect of one version',
    { journal: [...sound.journal, { id: 'r2', version: 3 }] },
    /no double effect.*r2@3/,
  ],
  ['a value that goes back', { promise: 't3', journal: [...sound.journal, { id: 'r2', version: 2 }] }, /newest wins/],
  ['two runs at once', { runs: sound.runs.map((run) => ({ ...run, startedMs: 2, endedMs: 9 })) }, /one writer/],
  ['a deletion of what the source still had', { deletions: [{ id: 'r0', version: 3 }] }, /safe deletes.*r0/],
  ['a deleted record that is still there', { journal: sound.journal.slice(0, -1) }, /nothing left behind.*r0/],
  ['a record that never arrived', { journal: sound.journal.slice(1), watermark: null }, /nothing lost.*r1/],
  [
    'a write that nobody asked to repeat, at T5',
    { promise: 't5', journal: [...sound.journal, ...sound.journal] },
    /no double/,
  ],
])('the checker finds %s', (_what, change, words) => {
  expect(breaches({ ...sound, ...change }).join('\n')).toMatch(words);
});

test('a write that a person repeated is not held against T5', () => {
  const journal = [...sound.journal, { id: 'r2', version: 3 }];
  expect(breaches({ ...sound, promise: 't5', journal, answers: { retry: 1, skip: 0 } })).toEqual([]);
});

test('a write that had arrived, was repeated by a person and is gone from the source by then may stay behind at T5', () => {
  const left = { ...sound, promise: 't5', journal: sound.journal.slice(0, -1) } as const;
  expect(breaches({ ...left, answers: { retry: 1, skip: 0 } })).toEqual([]);
  expect(breaches({ ...left, excused: { ...left.excused, retried: 1 } })).toEqual([]);
  expect(breaches({ ...left, answers: { retry: 0, skip: 1 } }).join('\n')).toMatch(/nothing left behind.*r0/);
});

test('a record that the destination would refuse, counted as done by a person, is known to be nowhere from then on', () => {
  const asked = { ...sound, promise: 't5', answers: { retry: 0, skip: 1 } } as const;
  const truth = [...sound.truth, { id: 'x4', version: 4, value: 'refuse' }];
  expect(breaches({ ...asked, truth })).toEqual([]);
  const later = { ...asked, truth, answers: { retry: 0, skip: 0 } };
  expect(breaches(later).join('\n')).toMatch(/cursor behind.*x4/);
  expect(breaches({ ...later, excused: excusedBy({ ...asked, truth }) })).toEqual([]);
});

test('what the answers of an earlier round cost excuses nothing new', () => {
  const asked = { ...sound, promise: 't5', answers: { retry: 1, skip: 1 } } as const;
  const journal = [...sound.journal, { id: 'r2', version: 3 }].slice(1);
  expect(breaches({ ...asked, journal })).toEqual([]);
  const excused = excusedBy({ ...asked, journal });
  expect(breaches({ ...asked, journal, answers: { retry: 0, skip: 0 }, excused })).toEqual([]);
  const more = {
    journal: [...journal, { id: 'r2', version: 3 }],
    truth: [...sound.truth, { id: 'r9', version: 4, value: 'c' }],
  };
  expect(breaches({ ...asked, ...more, answers: { retry: 0, skip: 0 }, excused }).join('\n')).toMatch(
    /no double effect.*nothing lost.*r9/s,
  );
});

test('after kill -9 a sync goes on in time, reads little again, and has at most one batch in doubt', () => {
  const played = { recoveryMs: 1, kills: 1, silenceMs: 17_000, pagesAgain: 1, batchesInDoubt: 1 };
  expect(boundsBroken('plain kill', played, false)).toEqual([]);
  expect(boundsBroken('plain kill', { ...played, silenceMs: 17_001 }, false)).toHaveLength(1);
  expect(boundsBroken('plain kill', { ...played, silenceMs: 17_001 }, true)).toEqual([]);
  expect(boundsBroken('plain kill', { ...played, pagesAgain: 4 }, true)).toHaveLength(1);
  expect(boundsBroken('storm', { ...played, pagesAgain: 9, silenceMs: 30_000 }, false)).toEqual([]);
  expect(boundsBroken('storm', { ...played, batchesInDoubt: 2 }, false)).toHaveLength(1);
  const reads = ['t1  ', 't1  25', 't2  ', 't1  25', 't1  25', 't2  '];
  expect(pagesAgain(reads, new Map())).toBe(2);
  expect(pagesAgain(reads, new Map([['t1', { batches: 1, again: 1 }]]))).toBe(1);
});

test('a round in which too little broke or moved proves nothing', () => {
  expect(vacuous('storm', { 'kill worker': 1, 'source: 500': 2 }, 50)).toEqual([]);
  expect(vacuous('storm', { 'kill worker': 2, 'link: cut source': 9 }, 50)).toEqual([
    'vacuous: 2 faults, 50 records moved',
  ]);
  expect(vacuous('storm', { 'kill worker': 3 }, 49)).toHaveLength(1);
});

test('a seed gives the same rounds each time, and every kind of them', () => {
  const rounds = (seed: number) =>
    Array.from({ length: 40 }, (_, n) => planRound(n + 1, randomOf(seed + n), classes, 200));
  expect(rounds(3)).toEqual(rounds(3));
  expect(new Set(rounds(3).map(({ kind }) => kind)).size).toBe(5);
  const faults = new Set(rounds(3).flatMap(({ faults: all }) => all.map(({ what }) => what)));
  expect([...faults].sort()).toEqual([
    'change the source',
    'cut',
    'freeze',
    'heal links',
    'kill',
    'kill PostgreSQL',
    'kill Temporal',
    'kill everything',
    'spoil',
    'term',
  ]);
});

test.each(mutants)('the mutant $name changes code that is there', ({ edits }) => {
  for (const { file, find } of edits) expect([file, readFileSync(file, 'utf8').split(find).length]).toEqual([file, 2]);
});

test('nothing is armed unless SYNCLINE_FAILPOINT says so, and what it says is checked', () => {
  expect(readFailpoints({})).toBeNull();
  expect(() => readFailpoints({ SYNCLINE_FAILPOINT: 'deliveries.settle.before:2:kill' })).toThrow(/expected NAME/);
  expect(() => readFailpoints({ SYNCLINE_FAILPOINT: 'deliveries.settle.before:1:sleep' })).toThrow(/found/);
});

test('the draws of a seed are the same each time, and spread', () => {
  const draw = seededDraws(7);
  const draws = Array.from({ length: 1000 }, draw);
  expect(Array.from({ length: 1000 }, seededDraws(7))).toEqual(draws);
  const below = draws.filter((one) => one < 0.25).length;
  expect(below).toBeGreaterThan(200);
  expect(below).toBeLessThan(300);
});
