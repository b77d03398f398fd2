import type { Pool } from 'pg';
import { EncodeAhead } from '../../engine/batches/encode-ahead.ts';
import type { Dependencies } from '../../engine/dependencies.ts';
import { SeenLedgers } from '../../engine/seen-ledgers.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import { ledgerOn } from '../../platform/ledger/ledger.ts';
import { Attempt, type Faults } from './faults.ts';
import type { NotedRequests } from './noted-requests.ts';

/** All that the steps need of a worker; only what it has in memory is another's with each that dies. */
export function simulatedWorker(
  sync: LoadedSync,
  pool: Pool,
  faults: Faults,
  noted: NotedRequests,
): Omit<Dependencies, 'cache'> {
  const gated = faults.pool(pool);
  // With the way to the tables too: mistakes that are made on purpose take it.
  const ledger = { ...ledgerOn(gated, gated), pool: gated };
  return {
    projects: { current: async () => sync, version: async () => sync, sharing: async () => [] },
    world: { toolsFor: () => Promise.reject(new Error('no tools')) as never },
    ledger: {
      ...ledger,
      deliveries: noted.intentsOf(ledger.deliveries),
      deletes: noted.intentsOf(ledger.deletes),
    },
    attempt: Attempt.current,
    encodeAhead: new EncodeAhead(),
    isWorkflowOpen: async () => false,
    lastEndedWell: async () => undefined,
    seenLedgers: new SeenLedgers(),
    hurry: async () => {},
    ticksOf: async () => [],
    bulkhead: { hold: (_connection, work) => work() },
    now: () => Date.now() + faults.skippedMs,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  };
}
