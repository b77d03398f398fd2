import { z } from 'zod';
import { timeOf } from '../../demo/orders.ts';
import type { Ground } from './ground.ts';
import { type LimitFacts, limitTable, runLimit } from './limit-run.ts';
import { type Destination, syncName, tableName } from './project.ts';
import { runSync, type SyncFacts } from './sync-run.ts';

export const caseNames = [
  'full-postgres',
  'full-http',
  'unchanged-full',
  'incremental-none',
  'incremental-1-percent',
] as const;
export type CaseName = (typeof caseNames)[number];

/** One measurement of a case: the limit and the sync, one after the other. */
export interface Measured {
  readonly case: CaseName;
  readonly limit: LimitFacts;
  readonly sync: SyncFacts;
}

/** One round over the cases that are wanted, on a sync that has seen nothing yet. */
export async function* round(
  ground: Ground,
  number: number,
  records: number,
  wanted: ReadonlySet<CaseName>,
): AsyncGenerator<Measured> {
  // What an earlier round has changed would be read in both versions.
  await post(`${ground.source}/reset`);
  if (wanted.has('full-http')) yield await fullLoad(ground, 'http', number);
  if ([...wanted].every((name) => name === 'full-http')) return;
  const full = await fullLoad(ground, 'postgres', number);
  if (wanted.has('full-postgres')) yield full;
  const sync = syncName('postgres', number);
  if (wanted.has('unchanged-full'))
    yield { case: 'unchanged-full', limit: full.limit, sync: await runSync(ground, sync, true) };
  if (wanted.has('incremental-none')) {
    const limit = await runLimit(ground, 'postgres', timeOf(records));
    yield { case: 'incremental-none', limit, sync: await runSync(ground, sync, false) };
  }
  if (wanted.has('incremental-1-percent')) {
    await post(`${ground.source}/change?share=0.01`);
    const limit = await runLimit(ground, 'postgres', timeOf(records));
    yield { case: 'incremental-1-percent', limit, sync: await runSync(ground, sync, false) };
  }
  await ground.ledger.pool.query(`drop table ${tableName(number)}`);
}

async function fullLoad(ground: Ground, to: Destination, number: number): Promise<Measured> {
  if (to === 'postgres') await ground.ledger.pool.query(`drop table if exists ${limitTable}`);
  else await post(`${ground.bulk}/reset`);
  await ground.ledger.pool.query('checkpoint');
  const limit = await runLimit(ground, to, null);
  if (to === 'http') await post(`${ground.bulk}/reset`);
  const sync = await runSync(ground, syncName(to, number), true);
  await verify(ground, to, number, sync);
  return { case: to === 'http' ? 'full-http' : 'full-postgres', limit, sync };
}

/** A figure counts only when everything arrived, once. */
async function verify(ground: Ground, to: Destination, number: number, { counts }: SyncFacts): Promise<void> {
  const held = to === 'http' ? await heldByBulk(ground) : await heldByTables(ground, number);
  if (held.sync !== counts?.delivered || (held.limit !== null && held.limit !== held.sync))
    throw new Error(`not everything arrived: ${JSON.stringify({ held, counts })}`);
}

async function heldByTables(ground: Ground, number: number): Promise<{ sync: number; limit: number | null }> {
  const of = async (table: string) => {
    const { rows } = await ground.ledger.pool.query<{ n: string }>(`select count(*) as n from ${table}`);
    return Number(rows[0]?.n);
  };
  return { sync: await of(tableName(number)), limit: await of(limitTable) };
}

const bulkStats = z.object({ held: z.number(), doubled: z.number() });

async function heldByBulk(ground: Ground): Promise<{ sync: number; limit: null }> {
  const stats = bulkStats.parse(await (await fetch(`${ground.bulk}/stats`)).json());
  if (stats.doubled > 0) throw new Error(`${stats.doubled} invoices were written twice`);
  return { sync: stats.held, limit: null };
}

async function post(url: string): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers: { authorization: 'Bearer bench' } });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
}
