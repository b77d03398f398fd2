import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { breaches, type Evidence } from '../dev/torture/checker.ts';
import { readFailpoints, seededDraws } from '../platform/failpoint.ts';

const program = 'dist/dev/torture/main.js';
const report = z.object({
  breaches: z.array(z.string()),
  rounds: z.array(z.object({ moved: z.number(), faults: z.record(z.string(), z.number()) })),
});

// Its guard ends what it has started, however it ends.
let yard: ChildProcessByStdio<null, Readable, Readable> | undefined;
afterEach(() => void yard?.kill('SIGKILL'));

/** A long form: `npm run torture -- --seed 1 --rounds 200`. */
test('the breaking yard, for one round: workers, Temporal and both systems break, and every promise holds', async () => {
  if (!existsSync(program)) throw new Error('run `npm run build` first');
  yard = spawn(process.execPath, [program, '--seed', '5', '--rounds', '1', '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  yard.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  yard.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  const [code] = await once(yard, 'close');
  if (code !== 0) throw new Error(`the yard found something:\n${err}`);
  const { breaches: found, rounds } = report.parse(JSON.parse(out));
  expect(found).toEqual([]);
  expect(rounds).toHaveLength(1);
  expect(rounds[0]?.moved).toBeGreaterThanOrEqual(50);
}, 180_000);

const sound: Evidence = {
  promise: 't2',
  truth: [
    { id: 'r1', version: 1, value: 'a' },
    { id: 'r2', version: 3, value: 'b' },
    { id: 'b3', version: 4 },
  ],
  journal: [
    { id: 'r1', version: 1 },
    { id: 'r2', version: 2 },
    { id: 'r2', version: 3 },
  ],
  runs: [
    { id: 'a', status: 'partial', counts: { fetched: 3, delivered: 2, quarantined: 1 }, startedMs: 1, endedMs: 5 },
    { id: 'b', status: 'succeeded', counts: { fetched: 0 }, startedMs: 6, endedMs: 7 },
  ],
  watermark: 4,
  quarantined: new Set(['b3']),
  doubts: 0,
  answers: { retry: 0, skip: 0 },
  final: true,
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
