import type { Comparison } from '../../engine/compare/compare.ts';
import { refusal } from '../../model/failure/failure.ts';
import type { Counts } from '../../model/sync/batch.ts';
import type { RunSummary } from '../../platform/ledger/runs/reports.ts';
import type { OperationContext } from '../context.ts';
import type { Engine } from '../engine.ts';
import { interrupted } from '../interrupted.ts';
import { followRun } from '../runs/follow.ts';
import { newRunId, startRun } from '../runs/start.ts';

/** What a repair did. */
export interface Repair {
  readonly marked: number;
  readonly givenUp: number;
  /** Are no longer at the source. */
  readonly gone: number;
  /** Were removed from the destination; null when that was not asked for. */
  readonly removed: number | null;
  readonly run: string | null;
  readonly counts: Counts | null;
  readonly after: Comparison;
}

/**
 * Through the normal delivery: what is marked counts as changed for the run that follows. That one reads the marked keys
 * alone; or everything, when extra records go too: only a complete read proves that the source does not have them.
 */
export async function repair(
  context: OperationContext,
  engine: Engine,
  found: Comparison,
  removesExtras: boolean,
  compareAgain: () => Promise<Comparison>,
): Promise<Repair> {
  const { sync } = found;
  const { compare, deletes, plans } = engine.ledger;
  const { syncId } = await plans.standing(sync);
  const run = newRunId(new Date());
  const marked = await compare.markForRepair(syncId, [...found.missing, ...found.different], run);
  if (removesExtras) await deletes.chooseExtras(run, found.extras);
  else if (marked.marked === 0) return { ...marked, gone: 0, removed: null, run: null, counts: null, after: found };
  const { counts } = await ended(context, engine, sync, run, removesExtras);
  const removed = removesExtras ? (counts?.deleted ?? 0) : null;
  const gone = removesExtras ? 0 : marked.marked - (counts?.fetched ?? 0);
  if (gone > 0)
    await compare.forgetGone(
      syncId,
      found.missing.map(({ key }) => key),
    );
  return { ...marked, gone, removed, run, counts, after: await compareAgain() };
}

/** Starts the run and waits for its end. Throws REPAIR_FAILED when it waits for a person, or does not end well. */
async function ended(
  context: OperationContext,
  engine: Engine,
  sync: string,
  run: string,
  full: boolean,
): Promise<RunSummary> {
  if (await engine.ensureWorker()) context.progress.note('No worker was up: one is started for the repair.');
  const started = await startRun(engine.client, engine.taskQueue, {
    sync,
    run,
    full,
    ...(full ? {} : { from: 'repair' as const }),
    trigger: 'repair',
    uiUrl: engine.uiUrl,
  });
  const { end, last } = await followRun(engine.client, started.workflowId, {
    title: `Repairing ${sync}`,
    progress: context.progress,
    untilMs: Number.POSITIVE_INFINITY,
    signal: interrupted(context, 'no longer followed; the repair itself was not ended'),
    onSilence: async () => {
      context.progress.note('No worker answers: one is started for the repair.');
      await engine.startWorker();
    },
  });
  const summary = await engine.ledger.reports.run(run);
  if (end !== 'parked' && (summary?.status === 'succeeded' || summary?.status === 'partial')) return summary;
  const why = last.state?.parked?.code ?? summary?.failureCode ?? 'it did not open';
  throw refusal('REPAIR_FAILED', `run ${run}: ${why}`, { todo: '{status}', about: { sync } });
}
