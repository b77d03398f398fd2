import type { RunSummary } from '../../platform/ledger/runs/reports.ts';
import type { Engine } from '../engine.ts';

/** The run of a sync that is open, by the ledger's word and by Temporal's. */
export async function openRunOf(
  engine: Pick<Engine, 'client'> & { readonly ledger: Pick<Engine['ledger'], 'reports'> },
  sync: string,
): Promise<RunSummary | undefined> {
  const open = (await engine.ledger.reports.latestRuns(sync)).find((run) => run.endedAt === null);
  if (!open) return undefined;
  const description = await engine.client.workflow
    .getHandle(open.workflowId)
    .describe()
    .catch(() => undefined);
  return description?.status.name === 'RUNNING' ? open : undefined;
}
