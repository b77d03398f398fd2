import type { Pool } from 'pg';
import { ledgerCalls } from './connections/calls.ts';
import { ledgerCertificates } from './connections/certificates.ts';
import { ledgerConnections } from './connections/connections.ts';
import { ledgerTokens } from './connections/tokens.ts';
import { ledgerDeletes } from './deletes/deletes.ts';
import { ledgerDeliveries } from './deliveries/deliveries.ts';
import { ledgerSamples } from './deliveries/samples.ts';
import { ledgerQuarantine } from './quarantine/quarantine.ts';
import { ledgerCompare } from './records/compare.ts';
import { ledgerDrift } from './records/drift.ts';
import { ledgerPlans } from './records/plans.ts';
import { ledgerLife } from './records/record-history.ts';
import { ledgerUnagreed } from './records/unagreed.ts';
import { ledgerNotices } from './runs/notices.ts';
import { ledgerPositions } from './runs/positions.ts';
import { ledgerRecovery } from './runs/recovery.ts';
import { ledgerReports } from './runs/reports.ts';
import { ledgerRuns } from './runs/runs.ts';
import { ledgerStandings } from './runs/standings.ts';
import { ledgerTicks } from './runs/ticks.ts';
import { ledgerTriggers } from './runs/triggers.ts';
import { migrate } from './schema/migrate.ts';
import { ledgerPool } from './sql/sql.ts';
import { ledgerStaging } from './staging/staging.ts';

/** What is true of each record, in PostgreSQL. */
export interface Ledger {
  readonly runs: ReturnType<typeof ledgerRuns>;
  readonly staging: ReturnType<typeof ledgerStaging>;
  readonly deliveries: ReturnType<typeof ledgerDeliveries>;
  readonly deletes: ReturnType<typeof ledgerDeletes>;
  readonly quarantine: ReturnType<typeof ledgerQuarantine>;
  readonly reports: ReturnType<typeof ledgerReports>;
  readonly compare: ReturnType<typeof ledgerCompare>;
  readonly plans: ReturnType<typeof ledgerPlans>;
  readonly samples: ReturnType<typeof ledgerSamples>;
  readonly calls: ReturnType<typeof ledgerCalls>;
  readonly positions: ReturnType<typeof ledgerPositions>;
  readonly triggers: ReturnType<typeof ledgerTriggers>;
  readonly ticks: ReturnType<typeof ledgerTicks>;
  readonly drift: ReturnType<typeof ledgerDrift>;
  readonly life: ReturnType<typeof ledgerLife>;
  readonly notices: ReturnType<typeof ledgerNotices>;
  readonly standings: ReturnType<typeof ledgerStandings>;
  readonly tokens: ReturnType<typeof ledgerTokens>;
  /** What all workers know together of each connection. */
  readonly connections: ReturnType<typeof ledgerConnections>;
  readonly certificates: ReturnType<typeof ledgerCertificates>;
  readonly recovery: ReturnType<typeof ledgerRecovery>;
  readonly unagreed: ReturnType<typeof ledgerUnagreed>;
  readonly pool: Pool;
  close(): Promise<void>;
}

/** Opens the ledger and brings its schema to this engine's version. */
export async function openLedger(databaseUrl: string): Promise<Ledger> {
  const pool = ledgerPool(databaseUrl);
  // Of its own, so that calls do not wait behind batches; what a crash may lose of it, it can lose.
  const sharing = ledgerPool(databaseUrl, 2, '-c synchronous_commit=off');
  try {
    await migrate(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    ...ledgerOn(pool, sharing),
    pool,
    async close() {
      await Promise.all([pool.end(), sharing.end()]);
    },
  };
}

/** The parts of a ledger. `sharing`: for what may be lost in a crash. */
export const ledgerOn = (pool: Pool, sharing: Pool): Omit<Ledger, 'pool' | 'close'> => ({
  runs: ledgerRuns(pool),
  staging: ledgerStaging(pool),
  deliveries: ledgerDeliveries(pool),
  deletes: ledgerDeletes(pool),
  quarantine: ledgerQuarantine(pool),
  reports: ledgerReports(pool),
  compare: ledgerCompare(pool),
  plans: ledgerPlans(pool),
  samples: ledgerSamples(pool),
  calls: ledgerCalls(pool),
  positions: ledgerPositions(pool),
  triggers: ledgerTriggers(pool),
  ticks: ledgerTicks(pool),
  drift: ledgerDrift(pool),
  life: ledgerLife(pool),
  notices: ledgerNotices(pool),
  standings: ledgerStandings(pool),
  tokens: ledgerTokens(pool),
  connections: ledgerConnections(sharing),
  certificates: ledgerCertificates(sharing),
  recovery: ledgerRecovery(pool),
  unagreed: ledgerUnagreed(pool),
});
