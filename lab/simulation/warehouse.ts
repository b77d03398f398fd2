import type { SqlPool } from '../../platform/transports/sql/contract.ts';
import { sqlPools } from '../../platform/transports/sql/pools.ts';

/** The way of the postgres connector to the database of the simulation. */
export interface Warehouse {
  readonly pool: SqlPool;
  close(): Promise<void>;
}

const TIMEOUT_MS = 60_000;

export function openWarehouse(databaseUrl: string): Warehouse {
  const url = new URL(databaseUrl);
  const password = decodeURIComponent(url.password);
  url.password = '';
  const pools = sqlPools();
  const pool = pools.open({ url: url.href, timeoutMs: TIMEOUT_MS, ...(password !== '' && { password }) });
  return { pool, close: () => pools.close() };
}
