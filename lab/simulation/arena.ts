import { type Ledger, openLedger } from '../../platform/ledger/ledger.ts';
import { openWarehouse, type Warehouse } from './warehouse.ts';

/** What schedules are played on: a real ledger, and a real database beside it. */
export interface Arena {
  readonly ledger: Ledger;
  readonly warehouse: Warehouse;
  close(): Promise<void>;
}

export async function openArena(databaseUrl: string): Promise<Arena> {
  const ledger = await openLedger(databaseUrl);
  const warehouse = openWarehouse(databaseUrl);
  // The type of keys that do not differ by case.
  await warehouse.pool.query('create extension if not exists citext');
  return {
    ledger,
    warehouse,
    async close() {
      await ledger.close();
      await warehouse.close();
    },
  };
}
