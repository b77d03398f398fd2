import type { Pool } from 'pg';
import { nothingChecked } from '../../model/sync/batch.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { ledgerClaims } from '../../platform/ledger/runs/claims.ts';
import { useLedger } from '../support/ledger.ts';

let ledger: Ledger;
useLedger((opened) => {
  ledger = opened;
});

const claim = {
  workflowId: 'w',
  trigger: 'test',
  mode: 'full',
  overlapMs: 0,
  syncVersion: '1',
  takeOverFrom: null,
} as const;

/** The pool, with something that happens once, after the first answer about a sync. */
function interposed(pool: Pool, between: () => Promise<unknown>): Pool {
  let isDone = false;
  return new Proxy(pool, {
    get(target, property) {
      const value = Reflect.get(target, property, target);
      if (property !== 'query') return typeof value === 'function' ? value.bind(target) : value;
      return async (...args: unknown[]) => {
        const answer = await Reflect.apply(value, target, args);
        if (!isDone) {
          isDone = true;
          await between();
        }
        return answer;
      };
    },
  });
}

test('a sync that is paused while a run takes hold of it is paused for that run', async () => {
  await ledger.runs.claim({ ...claim, sync: 'p', run: 'p-1' });
  await ledger.runs.close({
    run: 'p-1',
    status: 'succeeded',
    reconciled: nothingChecked,
    failure: null,
  });
  const claims = ledgerClaims(interposed(ledger.pool, () => ledger.standings.pause('p', 'a note')));
  expect(await claims.claim({ ...claim, sync: 'p', run: 'p-2' })).toMatchObject({
    held: false,
    mode: 'full',
    paused: true,
  });
});

test('a sync that is resumed while a run takes hold of it is not paused for that run', async () => {
  await ledger.standings.pause('r', 'a note');
  const claims = ledgerClaims(interposed(ledger.pool, () => ledger.standings.resume('r')));
  expect(await claims.claim({ ...claim, sync: 'r', run: 'r-1' })).toMatchObject({
    held: false,
    mode: 'full',
    paused: false,
  });
});

test('two requests that learn a limit at once do not wait for each other', async () => {
  await ledger.runs.claim({ ...claim, sync: 'l', run: 'l-1' });
  await ledger.staging.beginFetch('l-1', 1);
  const start = await ledger.deliveries.begin('l-1', 1);
  await Promise.all(Array.from({ length: 20 }, (_, n) => ledger.deliveries.learnLimit(start, 100 + n)));
  const newer = await ledger.deliveries.begin('l-1', 1);
  expect(newer.requestRecords).toBeGreaterThanOrEqual(100);
  await expect(ledger.deliveries.learnLimit(start, 1)).rejects.toMatchObject({ code: 'FENCED' });
});

test('invariant 1, conservation: a run whose books do not add up cannot be closed as a good one, only as failed', async () => {
  await ledger.runs.claim({ ...claim, sync: 'c', run: 'c-1' });
  await ledger.pool.query(
    `insert into batches (run, seq, state, counts) values ('c-1', 1, 'delivered', '{ "fetched": 2, "delivered": 1 }')`,
  );
  const end = { run: 'c-1', reconciled: nothingChecked } as const;
  await expect(ledger.runs.close({ ...end, status: 'succeeded', failure: null })).rejects.toMatchObject({
    code: 'CONSERVATION',
  });
  const failure = { code: 'CONSERVATION', message: 'one is missing' };
  expect(await ledger.runs.close({ ...end, status: 'failed', failure })).toMatchObject({ fetched: 2, delivered: 1 });
});
