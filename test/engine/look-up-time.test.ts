import { setTimeout as sleep } from 'node:timers/promises';
import { lookUpAtMs } from '../../engine/delivery/look-up-time.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import { arraySource, createTestEngine } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { startHeldUp } from '../support/start-held-up.ts';

const times = { timeoutMs: 1000, heartbeatTimeoutMs: 8000, lookupLagMs: 50 };

test.each<[string, { openedAtMs: number; endedAtMs: number | null }, number]>([
  ['its end is not known: it may have been sent as late as it is allowed to', { openedAtMs: 0, endedAtMs: null }, 5050],
  ['it ended late: not before its lag is over', { openedAtMs: 0, endedAtMs: 2500 }, 2550],
  [
    'it ended early, by a ledger of before: the destination may work on it still',
    { openedAtMs: 0, endedAtMs: 10 },
    1050,
  ],
])('a request in doubt is looked up when nothing of it can come any more: %s', (_, intent, atMs) => {
  expect(lookUpAtMs(intent, times)).toBe(atMs);
});

test('invariant 4, no double effect: what was held up before it was sent, and took effect after that, is found by the look-up', async () => {
  const books = journalDestination({ lookupLagMs: 0 });
  const { write } = books;
  const worksForMs = 4500;
  let begun: Promise<unknown> | undefined;
  const engine = await createTestEngine([
    {
      name: 'late',
      source: arraySource(() => [{ id: 'a', version: 1, value: 'v' }]),
      destination: {
        ...books,
        // The connection is cut at once, and the destination works on, within the time-out of 5 seconds.
        async write(request) {
          if (begun) return write(request);
          begun = sleep(worksForMs).then(() => write(request));
          throw new SyncFailure('TIMEOUT', 'no answer', { effect: 'unknown' });
        },
      },
      policy: { heartbeatTimeout: '10 seconds' },
    },
  ]);
  try {
    const handle = await startHeldUp(engine, 'late', 'intents', 2500);
    expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 1 } });
    await begun;
    expect(books.effects).toHaveLength(1);
  } finally {
    await engine.close();
  }
}, 60_000);
