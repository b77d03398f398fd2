import { z } from 'zod';
import { timeOf } from '../../demo/orders.ts';
import { type LimitFacts, limitTable, runLimit } from './limit-run.ts';
import { type Destination, syncName, tableName } from './project.ts';
import { runSync, type SyncFacts } from './sync-run.ts';
import type { Testbed } from './testbed.ts';

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
  testbed: Testbed,
  number: number,
  records: number,
  wanted: ReadonlySet<CaseName>,
): AsyncGenerator<Measured> {
  // What an earlier round has changed would be read in both versions.
  await post(`${testbed.source}/reset`);
  if (wanted.has('full-http')) yield await fullLoad(testbed, 'http', number);
  if ([...wanted].every((name) => name === 'full-http')) return;
  const full = await fullLoad(testbed, 'postgres', number);
  if (wanted.has('full-postgres')) yield full;
  const sync = syncName('postgres', number);
  if (wanted.has('unchanged-full'))
    yield { case: 'unchanged-full', limit: full.limit, sync: await runSync(testbed, sync, true) };
  if (wanted.has('incremental-none')) {
    const limit = await runLimit(testbed, 'postgres', timeOf(records));
    yield { case: 'incremental-none', limit, sync: await runSync(testbed, sync, false) };
  }
  if (wanted.has('incremental-1-percent')) {
    await post(`${testbed.source}/change?share=0.01`);
    const limit = await runLimit(testbed, 'postgres', timeOf(records));
    yield { case: 'incremental-1-percent', limit, sync: await runSync(testbed, sync, false) };
  }
  await testbed.ledger.pool.query(`drop table ${tableName(number)}`);
}

async function fullLoad(testbed: Testbed, to: Destination, number: number): Promise<Measured> {
  if (to === 'postgres') await testbed.ledger.pool.query(`drop table if exists ${limitTable}`);
  else await post(`${testbed.bulk}/reset`);
  await testbed.ledger.pool.query('checkpoint');
  const limit = await runLimit(testbed, to, null);
  if (to === 'http') await post(`${testbed.bulk}/reset`);
  const sync = await runSync(testbed, syncName(to, number), true);
  await verify(testbed, to, number, sync);
  return { case: to === 'http' ? 'full-http' : 'full-postgres', limit, sync };
}

/** A figure counts only when everything arrived, once. */
async function verify(testbed: Testbed, to: Destination, number: number, { counts }: SyncFacts): Promise<void> {
  const held = to === 'http' ? await heldByBulk(testbed) : await heldByTables(testbed, number);
  if (held.sync !== counts?.delivered || (held.limit !== null && held.limit !== held.sync))
    throw new Error(`not everything arrived: ${JSON.stringify({ held, counts })}`);
}

async function heldByTables(testbed: Testbed, number: number): Promise<{ sync: number; limit: number | null }> {
  const of = async (table: string) => {
    const { rows } = await testbed.ledger.pool.query<{ n: string }>(`select count(*) as n from ${table}`);
    return Number(rows[0]?.n);
  };
  return { sync: await of(tableName(number)), limit: await of(limitTable) };
}

const bulkStats = z.object({ held: z.number(), doubled: z.number() });

async function heldByBulk(testbed: Testbed): Promise<{ sync: number; limit: null }> {
  const stats = bulkStats.parse(await (await fetch(`${testbed.bulk}/stats`)).json());
  if (stats.doubled > 0) throw new Error(`${stats.doubled} invoices were written twice`);
  return { sync: stats.held, limit: null };
}

async function post(url: string): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers: { authorization: 'Bearer bench' } });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
}
