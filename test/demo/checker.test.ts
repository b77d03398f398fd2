import { type Effect, isClean, type Verdict, verdictOf } from '../../demo/checker.ts';

const valid = new Map([
  ['a', 0],
  ['b', 2],
]);

const cases: readonly [summary: string, effects: readonly Effect[], verdict: Verdict][] = [
  [
    'each order once at its present revision is clean',
    [
      ['a', 0],
      ['b', 2],
    ],
    { delivered: 2, lost: 0, doubled: 0, stale: 0, extra: 0 },
  ],
  [
    'an order that came at each of its revisions is clean',
    [
      ['a', 0],
      ['b', 0],
      ['b', 1],
      ['b', 2],
    ],
    { delivered: 2, lost: 0, doubled: 0, stale: 0, extra: 0 },
  ],
  ['an order that never came is lost', [['b', 2]], { delivered: 1, lost: 1, doubled: 0, stale: 0, extra: 0 }],
  [
    'the same revision twice is one doubled effect, and each further one another',
    [
      ['a', 0],
      ['b', 2],
      ['a', 0],
      ['a', 0],
    ],
    { delivered: 2, lost: 0, doubled: 2, stale: 0, extra: 0 },
  ],
  [
    'an order held at an older revision is stale',
    [
      ['a', 0],
      ['b', 1],
    ],
    { delivered: 1, lost: 0, doubled: 0, stale: 1, extra: 0 },
  ],
  [
    'an order that went back to an older revision is stale, though the present one came',
    [
      ['a', 0],
      ['b', 2],
      ['b', 1],
    ],
    { delivered: 1, lost: 0, doubled: 0, stale: 1, extra: 0 },
  ],
  [
    'an invoice of no valid order is extra',
    [
      ['a', 0],
      ['b', 2],
      ['bad', 0],
    ],
    { delivered: 2, lost: 0, doubled: 0, stale: 0, extra: 1 },
  ],
  ['empty books have lost everything', [], { delivered: 0, lost: 2, doubled: 0, stale: 0, extra: 0 }],
];

describe("the demo's checker", () => {
  test.each(cases)('%s', (_summary, effects, verdict) => {
    expect(verdictOf(valid, effects)).toEqual(verdict);
  });

  test('calls clean only what is neither lost, doubled, stale nor extra', () => {
    const clean: Verdict = { delivered: 1, lost: 0, doubled: 0, stale: 0, extra: 0 };
    expect(isClean(clean)).toBe(true);
    for (const fault of ['lost', 'doubled', 'stale', 'extra']) expect(isClean({ ...clean, [fault]: 1 })).toBe(false);
  });
});
