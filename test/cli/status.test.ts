import { setTimeout as sleep } from 'node:timers/promises';
import { printAll } from '../../cli/status/all.ts';
import { printOne } from '../../cli/status/one.ts';
import { changes } from '../../cli/status/watch.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Json } from '../../model/record/json.ts';
import { gatherAll, gatherOne, type SyncSeen } from '../../operations/status/gather.ts';
import { statusOf } from '../../operations/status/words.ts';
import { steer } from '../../operations/steer/steer.ts';
import { createOut } from '../../platform/terminal/out.ts';
import { textWidth } from '../../platform/terminal/text.ts';
import { arraySource, createTestEngine, type TestEngine } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

const records: Json[] = Array.from({ length: 20 }, (_, n) => ({ id: `o${n}`, version: n, value: `v${n}` }));
const nothing = { quarantine: [], drift: [], notices: [] };
let failing: SyncFailure | null = null;
const fail = () => {
  if (failing) throw failing;
};

let engine: TestEngine;
beforeAll(async () => {
  const destination = () => journalDestination({ upsert: true, lookupLagMs: 0 });
  engine = await createTestEngine([
    { name: 'orders', source: arraySource(() => records, { fail }), destination: destination() },
    { name: 'stock', source: arraySource(() => records), destination: destination() },
  ]);
});
afterAll(() => engine.close());
beforeEach(() => {
  failing = null;
});

async function seenWhen(status: string): Promise<SyncSeen> {
  for (;;) {
    const seen = await gatherOne(engine, 'orders');
    if (statusOf(seen) === status) return seen;
    await sleep(25);
  }
}

function printed(columns: number, print: (out: ReturnType<typeof createOut>) => void): string {
  let text = '';
  const stdout = {
    columns,
    write: (part: string) => {
      text += part;
    },
  };
  print(createOut({ json: false, stdout, stderr: stdout, env: {} }));
  return text;
}

test('a sync can be paused while nothing runs: the next run waits before its first batch, and `resume` lets it go on', async () => {
  await expect(steer(engine, 'stock', 'retry', null)).rejects.toMatchObject({ code: 'NO_OPEN_RUN' });
  const { run, words } = await steer(engine, 'stock', 'pause', 'stocktaking');
  expect([run, words]).toEqual([null, 'is paused: no run is open, and the next one waits before its first batch']);
  await expect(steer(engine, 'stock', 'pause', null)).rejects.toMatchObject({
    code: 'REFUSED',
    message: '`stock`: the sync is paused already',
  });
  expect(statusOf(await gatherOne(engine, 'stock'))).toBe('paused');

  const handle = await engine.start('stock');
  for (;;) {
    const seen = await gatherOne(engine, 'stock');
    if (seen.runs[0]?.live?.state?.paused) break;
    await sleep(25);
  }
  expect((await engine.ledger.pool.query('select from batches')).rowCount).toBe(0);
  expect((await steer(engine, 'stock', 'resume', null)).words).toBe('goes on');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 20 } });
  await expect(steer(engine, 'stock', 'resume', null)).rejects.toMatchObject({ code: 'REFUSED' });
});

test('a source that is down is one visible wait, with the next attempt, and no failed run', async () => {
  failing = new SyncFailure('CONNECTION_REFUSED', 'nothing listens at 127.0.0.1:1', { effect: 'none' });
  const handle = await engine.start('orders');
  const seen = await seenWhen('waiting');
  const text = printed(80, (out) => printOne(out, seen, nothing, undefined));
  expect(text).toMatch(
    /waits for +CONNECTION_REFUSED in fetch.*, at the source test: nothing listens at 127\.0\.0\.1:1/,
  );
  expect(text).toMatch(/until +attempt \d+, .*; it goes on by itself/);
  expect(text).toContain('syncline retry orders  tries at once');
  failing = null;
  expect(await handle.result()).toMatchObject({ status: 'succeeded' });
  expect(await seenWhen('succeeded')).toMatchObject({
    standing: { lastFailure: null, lastGood: { status: 'succeeded' } },
  });
});

test('a run that needs a person says what is wrong, what it means, and what to paste', async () => {
  failing = new SyncFailure('AUTH_REJECTED', 'the key was refused', { effect: 'none' });
  const handle = await engine.start('orders');
  const seen = await seenWhen('parked');
  const text = printed(80, (out) => printOne(out, seen, nothing, undefined));
  expect(text).toMatch(/parked +AUTH_REJECTED in fetch of batch 1, at the source test, since /);
  expect(text).toContain('The system did not accept the credentials (401).');
  expect(text).toContain('  syncline retry orders   tries the step fetch again\n');
  expect(text).toContain('  syncline cancel orders  ends the run and leaves the cursor where it was\n');
  await steer(engine, 'orders', 'abort', null);
  await expect(handle.result()).rejects.toThrow();
  const after = await gatherOne(engine, 'orders');
  expect(after.standing?.lastFailure).toMatchObject({ code: 'AUTH_REJECTED', message: 'the key was refused' });
  expect(printed(80, (out) => printOne(out, after, nothing, undefined))).toMatch(/last failure +.*AUTH_REJECTED/);
});

test('all syncs fit into 80 columns, each on one line, whatever their reasons are', async () => {
  const all = await gatherAll(engine, ['orders', 'stock', 'contacts-of-the-whole-company-to-crm']);
  const lines = printed(80, (out) => printAll(out, all))
    .trimEnd()
    .split('\n');
  expect(lines).toHaveLength(4);
  expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(80);
  expect(lines[0]).toMatch(/^SYNC +STATUS +LAST +BEHIND +FETCHED +ASIDE +WHY$/);
  expect(lines[3]).toMatch(/^contacts-of-the-.* never run$/);
});

test('without a terminal a watched sync says a line when its status changes, and is silent otherwise', async () => {
  const said = new Map<string, string>();
  const seen = await gatherAll(engine, ['stock']);
  expect(changes(false, seen, said)).toEqual([expect.stringMatching(/^20\S+Z stock succeeded$/)]);
  expect(changes(false, seen, said)).toEqual([]);
  expect(JSON.parse(changes(true, seen, new Map())[0] ?? '')).toMatchObject({ sync: 'stock', status: 'succeeded' });
});
