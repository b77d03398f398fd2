import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { BatchCache, type Patience } from '../../engine/batches/cache.ts';
import { batchShare, decideWindow, type HeldBatch, isResting } from '../../engine/batches/window.ts';
import type { Prepared } from '../../model/record/prepared.ts';

const rules = { budgetBytes: 100, restMs: 10, nowMs: 1000 };
const working = (run: string, bytes: number): HeldBatch => ({ run, bytes, steps: 1, touchedAtMs: 0 });
const idle = (run: string, bytes: number, touchedAtMs = 995): HeldBatch => ({ run, bytes, steps: 0, touchedAtMs });

test.each<[string, HeldBatch[], [string, number][], { begin: string[]; evict: number[] }]>([
  ['what fits begins', [idle('a', 60)], [['a', 40]], { begin: ['a'], evict: [] }],
  ['what does not fit waits, and pushes nothing out', [idle('a', 61)], [['a', 40]], { begin: [], evict: [] }],
  ['a run that holds nothing begins in any case', [working('a', 150)], [['b', 40]], { begin: ['b'], evict: [] }],
  [
    'what rests makes room, the oldest first',
    [idle('a', 50, 3), idle('b', 40, 2), idle('c', 10)],
    [['c', 30]],
    { begin: ['c'], evict: [1] },
  ],
  [
    'a run does not wait for its own batches that rest',
    [idle('a', 100, 0)],
    [['a', 120]],
    { begin: ['a'], evict: [0] },
  ],
  ['what rests stays while there is room', [idle('a', 90, 0)], [], { begin: [], evict: [] }],
  [
    'who holds least begins first',
    [idle('a', 50), idle('b', 20)],
    [
      ['a', 20],
      ['b', 20],
    ],
    { begin: ['b'], evict: [] },
  ],
  [
    'what has a choice sees the room that those leave who have none',
    [working('a', 0)],
    [
      ['a', 60],
      ['b', 50],
    ],
    { begin: ['b'], evict: [] },
  ],
  [
    'of those who hold the same the first',
    [idle('a', 40), idle('b', 40)],
    [
      ['b', 20],
      ['a', 20],
    ],
    { begin: ['b'], evict: [] },
  ],
  [
    'beyond two budgets the oldest goes, but none that a step works on',
    [working('a', 150), idle('b', 40, 992), idle('c', 40, 991)],
    [],
    { begin: [], evict: [2] },
  ],
])('%s', (_, batches, waiting, { begin, evict }) => {
  const decided = decideWindow({
    ...rules,
    batches: new Map(batches.entries()),
    waiting: waiting.map(([run, bytes]) => ({ run, bytes })),
  });
  expect({ begin: decided.begin.map(({ run }) => run), evict: decided.evict }).toEqual({ begin, evict });
});

test('a run waits only for a batch of its own, what goes is not at work, and memory is bounded', () => {
  const run = fc.constantFrom('a', 'b', 'c', 'd');
  const bytes = fc.nat(80);
  const batch = fc.record({ run, bytes, steps: fc.nat(1), touchedAtMs: fc.integer({ min: 980, max: 1000 }) });
  fc.assert(
    fc.property(fc.array(batch), fc.array(fc.record({ run, bytes })), (held, waiting) => {
      const batches = new Map(held.entries());
      const { begin, evict } = decideWindow({ ...rules, batches, waiting });
      const gone = new Set(evict);
      const active = new Set(held.filter((one) => !isResting(one, rules.restMs, rules.nowMs)).map((one) => one.run));
      const isSecond = (fetch: (typeof waiting)[number]) =>
        active.has(fetch.run) || waiting.find(({ run }) => run === fetch.run) !== fetch;
      for (const fetch of waiting) if (!isSecond(fetch)) expect(begin).toContain(fetch);
      for (const id of gone) expect(held[id]?.steps).toBe(0);
      const sum = (some: readonly { bytes: number }[]) => some.reduce((all, one) => all + one.bytes, 0);
      const after = sum(begin) + sum(held.filter((_, id) => !gone.has(id)));
      if (begin.some(isSecond)) expect(after).toBeLessThanOrEqual(rules.budgetBytes);
      const left = held.filter((one, id) => one.steps === 0 && !gone.has(id) && one.bytes > 0);
      if (left.length > 0) expect(after).toBeLessThanOrEqual(2 * rules.budgetBytes);
    }),
  );
});

test('two batches of each run fit into the budget, and none is cut into crumbs', () => {
  const budget = 128 * 1024 * 1024;
  expect([1, 2, 8].map((runs) => batchShare(runs, budget) * 2 * runs)).toEqual([budget, budget, budget]);
  expect(batchShare(1000, budget)).toBe(4 * 1024 * 1024);
});

const prepared = (bytes: number) => ({ bytes }) as Prepared;
const patient = (more: Partial<Patience> = {}): Patience => ({
  signal: new AbortController().signal,
  atMostMs: 60_000,
  waits: () => {},
  ...more,
});

/** A run whose first batch is in memory, and nothing fits beside it. */
function fullCache(restMs: number): BatchCache {
  const cache = new BatchCache({ budgetBytes: 100, mostWaiting: 1, restMs });
  cache.put({ run: 'a', seq: 1 }, prepared(100));
  return cache;
}

test('a batch that nobody touches any more holds its run up for a while only', async () => {
  const cache = fullCache(300);
  const beganMs = performance.now();
  await cache.fetching({ run: 'a', seq: 2 }, patient(), async () => {});
  expect(performance.now() - beganMs).toBeGreaterThan(250);
  expect(cache.get({ run: 'a', seq: 1 }).prepared).toBeUndefined();
});

test('a fetch that waits says so, and ends when it is cancelled', async () => {
  const cache = fullCache(60_000);
  const controller = new AbortController();
  const waits: number[] = [];
  const fetching = cache.fetching(
    { run: 'a', seq: 2 },
    patient({ signal: controller.signal, waits: (bytes) => void waits.push(bytes) }),
    async () => 'fetched',
  );
  await sleep(20);
  expect(waits).toEqual([100]);
  controller.abort(new Error('cancelled'));
  await expect(fetching).rejects.toThrow('cancelled');
});

test('a fetch begins when its run has delivered, when it has waited long enough, and when too many wait', async () => {
  const cache = fullCache(60_000);
  const seen: string[] = [];
  const fetch = (seq: number, atMostMs = 60_000) =>
    cache.fetching({ run: 'a', seq }, patient({ atMostMs }), async () => void seen.push(`batch ${seq}`));
  const second = fetch(2);
  await sleep(20);
  expect(seen).toEqual([]);
  await fetch(3);
  expect(seen).toEqual(['batch 3']);
  cache.drop({ run: 'a', seq: 1 });
  await second;
  expect(seen).toEqual(['batch 3', 'batch 2']);
  cache.put({ run: 'a', seq: 2 }, prepared(100));
  await fetch(4, 30);
  expect(seen).toEqual(['batch 3', 'batch 2', 'batch 4']);
});

test('what a step works on stays, whatever else is held', async () => {
  const cache = new BatchCache({ budgetBytes: 100, mostWaiting: 1, restMs: 0 });
  await cache.during({ run: 'a', seq: 1 }, async () => {
    cache.put({ run: 'a', seq: 1 }, prepared(100));
    cache.put({ run: 'b', seq: 1 }, prepared(500));
    expect(cache.get({ run: 'a', seq: 1 }).prepared).toBeDefined();
  });
  expect(cache.get({ run: 'b', seq: 1 }).prepared).toBeUndefined();
});
