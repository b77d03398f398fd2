import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { ItemOutcome, WriteRequest } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Json } from '../../model/record/json.ts';
import type { DeliveryCapabilities } from '../../model/sync/delivery.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { type Fate, type JournalDestination, journalDestination } from '../support/journal.ts';
import { untilInDoubt } from '../support/ledger.ts';

const order = (n: number): Json => ({ id: `o${n}`, version: n, value: `v${n}` });
const orders = (count: number): Json[] => Array.from({ length: count }, (_, n) => order(n));
const refused: ItemOutcome = { state: 'rejected', code: 'RECORD_REJECTED', reason: 'a check does not hold' };
const halting = { maxRejectedAtLeast: 2, maxRejectedShare: 0.4 };

type Class = readonly [name: string, can: DeliveryCapabilities];
const t1: Class = ['t1', { transaction: true }];
const t2: Class = ['t2', { idempotencyKeyHours: 24 }];
const t4: Class = ['t4', { lookupLagMs: 0 }];
const t5: Class = ['t5', {}];

let engine: TestEngine;
afterEach(() => engine.close());

/** A destination with a rule that refuses every second record, until it is mended. */
interface Ruled {
  readonly books: JournalDestination;
  mend(): void;
}

function ruled(can: DeliveryCapabilities, fate: (n: number) => Fate = () => 'done'): Ruled {
  const books = journalDestination(can);
  let mended = false;
  const byRule = ({ items }: WriteRequest): ItemOutcome[] =>
    items.map(({ key }) => (Number(key.slice(1)) % 2 === 0 ? refused : { state: 'confirmed' }));
  const { write } = books;
  books.write = async (request) => {
    const fated = fate(books.requests + 1);
    books.fate = () => (mended ? 'done' : byRule(request));
    const outcomes = await write(request);
    if (fated === 'lost after') throw new SyncFailure('TIMEOUT', 'no answer', { effect: 'unknown' });
    return outcomes;
  };
  const mend = () => {
    mended = true;
  };
  return { books, mend };
}

async function engineFor(name: string, books: JournalDestination, more: Partial<TestSync> = {}): Promise<TestEngine> {
  engine = await createTestEngine([
    { name, source: arraySource(() => orders(6)), destination: books, policy: halting, ...more },
  ]);
  return engine;
}

async function untilParked(handle: WorkflowHandle): Promise<string> {
  for (let tries = 0; tries < 600; tries++) {
    const { parked } = await handle.query<RunState>('status');
    if (parked) return parked.code;
    await sleep(25);
  }
  throw new Error('the run never waited for a person');
}

/** Each record had one effect. */
const eachOnce = ({ effects }: JournalDestination): boolean =>
  effects.length === 6 && new Set(effects.map(({ key }) => key)).size === 6;

test.each([t1, t2, t5])(
  'after a mended destination of class %s `retry` asks again what was refused when the run halted, and only that',
  async (name, can) => {
    const { books, mend } = ruled(can);
    const { start } = await engineFor(`retry-${name}`, books);
    const handle = await start(`retry-${name}`);
    expect(await untilParked(handle)).toBe('TOO_MANY_REJECTED');
    mend();
    await handle.executeUpdate('retry');
    expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 6, quarantined: 0 } });
    expect(eachOnce(books)).toBe(true);
  },
);

test.each([t1, t4])(
  'after a mended destination of class %s `cancel` and a new run deliver all of it',
  async (name, can) => {
    const { books, mend } = ruled(can);
    const { start, run } = await engineFor(`again-${name}`, books);
    const handle = await start(`again-${name}`);
    await untilParked(handle);
    await handle.signal('abort');
    await expect(handle.result()).rejects.toThrow();
    mend();
    expect(await run(`again-${name}`)).toMatchObject({
      status: 'succeeded',
      counts: { delivered: 3, unchanged: 3, quarantined: 0 },
    });
    expect(eachOnce(books)).toBe(true);
  },
);

test.each([t1, t2])(
  'a refusal that a destination of class %s remembers is not the outcome of today',
  async (name, can) => {
    const { books, mend } = ruled(can, (n) => (n === 1 ? 'lost after' : 'done'));
    const { start, ledger } = await engineFor(`remembered-${name}`, books, {
      policy: { ...halting, retryFirst: '1 second' },
    });
    const handle = await start(`remembered-${name}`);
    await untilInDoubt(ledger);
    mend();
    expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 6, quarantined: 0 } });
    expect(eachOnce(books)).toBe(true);
  },
);

test('a refusal of today, met in a replay, is set aside once', async () => {
  const { books } = ruled({ transaction: true }, (n) => (n === 1 ? 'lost after' : 'done'));
  const { run } = await engineFor('still-refused', books, { policy: {} });
  expect(await run('still-refused')).toMatchObject({ status: 'partial', counts: { delivered: 3, quarantined: 3 } });
});

test('a request that is refused as a whole when it is sent again is divided like any other', async () => {
  const books = journalDestination({ upsert: true });
  const { write } = books;
  let requests = 0;
  books.write = async (request) => {
    if (++requests === 1) throw new SyncFailure('TIMEOUT', 'no answer', { effect: 'unknown' });
    if (request.items.length > 2) throw new SyncFailure('BATCH_LIMIT', 'too many', { effect: 'none' });
    return write(request);
  };
  const { run } = await engineFor('whole', books);
  expect(await run('whole')).toMatchObject({ status: 'succeeded', counts: { delivered: 6 } });
});

test.each([
  ['looked up', { idempotencyKeyHours: 24, lookupLagMs: 0 }],
  ['replaced', { idempotencyKeyHours: 24, upsert: true, lookupLagMs: 0 }],
])(
  'a key whose stored answer is an error: what it stands for is %s, and the rest sent under a new one',
  async (way, can) => {
    const books = journalDestination(can);
    const { write } = books;
    const ids: string[] = [];
    books.write = async (request) => {
      ids.push(request.id);
      if (ids.length === 1) await write({ ...request, items: request.items.slice(0, 2) });
      if (request.id === ids[0]) throw new SyncFailure('SERVER_ERROR', 'answered 500', { effect: 'unknown' });
      return write(request);
    };
    const name = `stored-${way.replace(' ', '-')}`;
    const { run, loaded } = await engineFor(name, books);
    Object.assign(loaded(name).destinationConnection, { timeoutMs: 500 });
    expect(await run(name)).toMatchObject({ status: 'succeeded', counts: { delivered: 6 } });
    expect(books.state.size).toBe(6);
    if (way === 'looked up') expect(eachOnce(books)).toBe(true);
  },
);
