import { setTimeout as sleep } from 'node:timers/promises';
import { type Ledger, openLedger } from '../../platform/ledger/ledger.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

/** Resolves when a request is in doubt. */
export async function untilInDoubt({ pool }: Pick<Ledger, 'pool'>): Promise<void> {
  while ((await pool.query(`select from intents where state = 'unknown'`)).rowCount === 0) await sleep(50);
}

/** A ledger on a database of its own for the tests of a file; `take` is given it before the first of them. */
export function useLedger(take: (ledger: Ledger) => void): void {
  let database: TestDatabase | undefined;
  let ledger: Ledger | undefined;
  beforeAll(async () => {
    database = await createTestDatabase();
    ledger = await openLedger(database.url);
    take(ledger);
  });
  afterAll(async () => {
    await ledger?.close();
    await database?.drop();
  });
}
