import { setTimeout as sleep } from 'node:timers/promises';
import { mayBeReplaced } from '../activities/left.ts';
import { arraySource, createTestEngine } from './support/engine.ts';
import { journalDestination } from './support/journal.ts';

test.each([
  ['no time', 0, false],
  ['just under half of the heartbeat time-out', 14_999, false],
  ['more than half of it: frozen, or the clock jumped ahead', 15_001, true],
  ['a day: the clock jumped ahead', 86_400_000, true],
  ['less than none: the clock jumped back, and says nothing of the time that passed', -1_000, true],
])('a writer that was silent for %s before a request', (_, silentMs, late) => {
  expect(mayBeReplaced(silentMs, 30_000)).toBe(late);
});

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
    const lock = await engine.ledger.pool.connect();
    // Lets intents be read and not written.
    await lock.query('begin; lock table intents in share mode');
    const handle = await engine.start('frozen');
    const waiting = `select from pg_locks where relation = 'intents'::regclass and not granted`;
    while ((await lock.query(waiting)).rowCount === 0) await sleep(20);
    await sleep(1300);
    await lock.query('rollback');
    lock.release();
    expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 1 } });
    const { rows } = await engine.ledger.pool.query('select state from intents order by id');
    expect(rows).toEqual([{ state: 'void' }, { state: 'settled' }]);
    expect(books.requests).toBe(1);
  } finally {
    await engine.close();
  }
}, 180_000);
