import { setTimeout as sleep } from 'node:timers/promises';
import type { TestEngine } from './engine.ts';

/** Starts a full run whose first write to a table of the ledger takes so long. */
export async function startHeldUp(engine: TestEngine, sync: string, table: 'intents' | 'ledger', forMs: number) {
  const lock = await engine.ledger.pool.connect();
  // Lets it be read and not written.
  await lock.query(`begin; lock table ${table} in share mode`);
  const handle = await engine.start(sync, { full: true });
  const waiting = `select from pg_locks where relation = '${table}'::regclass and not granted`;
  while ((await lock.query(waiting)).rowCount === 0) await sleep(20);
  await sleep(forMs);
  await lock.query('rollback');
  lock.release();
  return handle;
}
