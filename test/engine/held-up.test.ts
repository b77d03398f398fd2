import { Context } from '@temporalio/activity';
import { mayBeReplaced } from '../../engine/delivery/late-writer.ts';
import { arraySource, createTestEngine } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { startHeldUp } from '../support/start-held-up.ts';

test.each([
  ['no time', 0, false],
  ['just under half of the heartbeat time-out', 14_999, false],
  ['more than half of it: frozen, or the clock jumped ahead', 15_001, true],
  ['a day: the clock jumped ahead', 86_400_000, true],
  ['less than none: the clock jumped back, and says nothing of the time that passed', -1_000, true],
])('a writer that was silent for %s before a request', (_, silentMs, late) => {
  expect(mayBeReplaced(silentMs, 30_000)).toBe(late);
});

/** More than half of the heartbeat time-out of these syncs. */
const HELD_UP_MS = 1300;

test('a writer that was held up between its intent and the request does not send it: the next attempt does', async () => {
  const books = journalDestination({});
  const engine = await createTestEngine([
    {
      name: 'frozen',
      source: arraySource(() => [{ id: 'a', version: 1, value: 'v' }]),
      destination: books,
      policy: { heartbeatTimeout: '2 seconds' },
    },
  ]);
  try {
    const handle = await startHeldUp(engine, 'frozen', 'intents', HELD_UP_MS);
    expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 1 } });
    const { rows } = await engine.ledger.pool.query('select state from intents order by id');
    expect(rows).toEqual([{ state: 'void' }, { state: 'settled' }]);
    expect(books.requests).toBe(1);
  } finally {
    await engine.close();
  }
}, 180_000);

test('a delete that was held up between its intent and the request is not sent: the next attempt sends it', async () => {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  const attempts: number[] = [];
  const records = ['a', 'b'].map((id) => ({ id, version: 1, value: 'v' }));
  const engine = await createTestEngine([
    {
      name: 'thawed',
      source: arraySource(() => records),
      destination: {
        ...books,
        write(request) {
          attempts.push(Context.current().info.attempt);
          return books.write(request);
        },
      },
      deletes: 'delete',
      policy: { heartbeatTimeout: '2 seconds' },
    },
  ]);
  try {
    await engine.run('thawed');
    records.pop();
    // The intent of a delete marks the rows of its records in the same statement.
    const handle = await startHeldUp(engine, 'thawed', 'ledger', HELD_UP_MS);
    expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { deleted: 1 } });
    expect(attempts).toEqual([1, 2]);
    expect([...books.state.keys()]).toEqual(['a']);
  } finally {
    await engine.close();
  }
}, 180_000);
