import { z } from 'zod';
import type { Counts, RunReport } from '../model/sync/batch.ts';
import { startRun } from '../operations/runs/start.ts';
import { openLedger } from '../platform/ledger/ledger.ts';
import type { QuarantineGroup } from '../platform/ledger/quarantine/entries.ts';
import { connectTemporal, registerSearchAttributes } from '../platform/temporal/connection.ts';
import type { StackAddresses } from '../stack/addresses.ts';

/** The engine as the demo uses it: it starts runs and looks on, and works on none itself. */
export interface Engine {
  start(sync: string): Promise<StartedRun>;
  /** From the ledger, so that it can be asked while no worker lives. */
  progress(run: string): Promise<RunProgress>;
  quarantined(run: string): Promise<readonly QuarantineGroup[]>;
  close(): Promise<void>;
}

export interface StartedRun {
  readonly run: string;
  /** Where the run is seen in the Temporal UI; null when there is no UI. */
  readonly uiUrl: string | null;
  /** The report once the run has ended; undefined before. Throws when it ended without one. */
  report(): Promise<RunReport | undefined>;
}

export interface RunProgress {
  /** Records read so far, those of open batches too. */
  readonly fetched: number;
  /** Of the batches that are delivered. */
  readonly counts: Counts;
}

const fetchedRow = z.array(z.object({ fetched: z.coerce.number() }));

/** `taskQueue`: of this demo alone, so that no other worker takes part in it. */
export async function connectEngine(stack: StackAddresses, taskQueue: string): Promise<Engine> {
  const ledger = await openLedger(stack.databaseUrl);
  const temporal = await connectTemporal(stack.temporalAddress, stack.namespace);
  await registerSearchAttributes(temporal);
  return {
    async start(sync) {
      const { client } = temporal;
      const options = { sync, full: false, trigger: 'demo', uiUrl: stack.uiUrl };
      const { run, workflowId, url } = await startRun(client, taskQueue, options);
      const handle = client.workflow.getHandle(workflowId);
      // Asked again and again rather than waited for: a call that is open when the demo ends early would break it.
      const report = async () => ((await handle.describe()).status.name === 'RUNNING' ? undefined : handle.result());
      return { run, uiUrl: url, report };
    },
    async progress(run) {
      const { rows } = await ledger.pool.query(
        `select coalesce(sum(greatest(b.records, s.records)), 0) as fetched
         from batches b
         left join (select seq, sum(records) as records from staged where run = $1 group by seq) s on s.seq = b.seq
         where b.run = $1`,
        [run],
      );
      return { fetched: fetchedRow.parse(rows)[0]?.fetched ?? 0, counts: await ledger.runs.counts(run) };
    },
    quarantined: (run) => ledger.quarantine.byReason(run),
    async close() {
      await Promise.allSettled([ledger.close(), temporal.close()]);
    },
  };
}
