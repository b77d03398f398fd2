import type { Pool, PoolClient } from 'pg';
import { SyncFailure } from '../../../model/failure/failure.ts';
import { LEDGER_SCHEMA } from '../../../model/names.ts';
import { connect, ledgerFailure, query } from '../sql/sql.ts';
import { migrations } from './migrations.ts';

/** Any fixed number: it only has to be the same in every engine that migrates. */
const MIGRATION_LOCK = 728_411;

/**
 * Brings the ledger to this engine's version. One that has it is only read, as a replica or a user without rights to the
 * schema needs. Each migration is one transaction, so that one that fails leaves the version before it; engines that
 * start together wait for each other. Throws LEDGER_NEWER when a newer engine has been here, and LEDGER_UNAVAILABLE.
 */
export async function migrate(
  pool: Pool,
  steps: readonly string[] = migrations,
): Promise<{ from: number; to: number }> {
  const client = await connect(pool, 'opening the ledger');
  try {
    const version = await versionOf(client, steps);
    if (version === steps.length) return { from: version, to: version };
    return await underMigrationLock(client, () => applyMissing(client, steps)).catch((error: unknown) => {
      throw ledgerFailure(error, `bringing the ledger from version ${version} to ${steps.length}`);
    });
  } finally {
    client.release();
  }
}

/** 0 where there is no ledger yet. Reads only. */
async function versionOf(client: PoolClient, steps: readonly string[]): Promise<number> {
  const what = 'reading the version of the ledger';
  const table = `${LEDGER_SCHEMA}.migrations`;
  const [found] = await query<{ there: boolean }>(client, what, 'select to_regclass($1) is not null as there', [table]);
  if (found?.there !== true) return 0;
  const [row] = await query<{ version: number }>(
    client,
    what,
    `select coalesce(max(version), 0) as version from ${table}`,
  );
  const version = row?.version ?? 0;
  if (version <= steps.length) return version;
  throw new SyncFailure('LEDGER_NEWER', `the ledger has version ${version}, this engine knows ${steps.length}`);
}

async function underMigrationLock<T>(client: PoolClient, work: () => Promise<T>): Promise<T> {
  await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
  try {
    return await work();
  } finally {
    await client.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
  }
}

async function applyMissing(client: PoolClient, steps: readonly string[]): Promise<{ from: number; to: number }> {
  await client.query(`create schema if not exists ${LEDGER_SCHEMA}`);
  await client.query(
    `create table if not exists ${LEDGER_SCHEMA}.migrations (version integer primary key, applied_at timestamptz not null default now())`,
  );
  const from = await versionOf(client, steps);
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
