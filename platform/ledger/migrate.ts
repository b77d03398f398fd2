import type { Pool, PoolClient } from 'pg';
import { SyncFailure } from '../../model/failure.ts';
import { LEDGER_SCHEMA } from '../../model/names.ts';
import { migrations } from './migrations.ts';

/** Any fixed number: it only has to be the same in every engine that migrates. */
const MIGRATION_LOCK = 728_411;

/**
 * Brings the ledger to this engine's version. Each migration is one transaction, so that one that fails leaves the
 * version before it; engines that start together wait for each other. Throws LEDGER_NEWER when a newer engine has
 * been here.
 */
export async function migrate(
  pool: Pool,
  steps: readonly string[] = migrations,
): Promise<{ from: number; to: number }> {
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      return await applyMissing(client, steps);
    } finally {
      await client.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    }
  } finally {
    client.release();
  }
}

async function applyMissing(client: PoolClient, steps: readonly string[]): Promise<{ from: number; to: number }> {
  await client.query(`create schema if not exists ${LEDGER_SCHEMA}`);
  await client.query(
    `create table if not exists ${LEDGER_SCHEMA}.migrations (version integer primary key, applied_at timestamptz not null default now())`,
  );
  const { rows } = await client.query<{ version: number }>(
    `select coalesce(max(version), 0) as version from ${LEDGER_SCHEMA}.migrations`,
  );
  const from = rows[0]?.version ?? 0;
  if (from > steps.length) {
    throw new SyncFailure('LEDGER_NEWER', `the ledger has version ${from}, this engine knows ${steps.length}`);
  }
  for (let version = from + 1; version <= steps.length; version++) {
    await client.query('begin');
    try {
      await client.query(`set local search_path to ${LEDGER_SCHEMA}`);
      await client.query(steps[version - 1] ?? '');
      await client.query(`insert into ${LEDGER_SCHEMA}.migrations (version) values ($1)`, [version]);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      throw error;
    }
  }
  return { from, to: steps.length };
}
