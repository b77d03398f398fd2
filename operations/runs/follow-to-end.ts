import { WorkflowNotFoundError } from '@temporalio/common';
import { z } from 'zod';
import { isFailureCode, refusal, SyncFailure } from '../../model/failure/failure.ts';
import { workflowId as workflowIdOf } from '../../model/names.ts';
import type { EngineContext, OperationContext } from '../context.ts';
import { runFindings } from '../contracts/run-findings.ts';
import { runSummary } from '../contracts/run-summary.ts';
import { startedRun } from '../contracts/started-run.ts';
import { parked } from '../contracts/waits.ts';
import type { Engine } from '../engine.ts';
import { interrupted } from '../interrupted.ts';
import { operation } from '../operation.ts';
import { expectedRecords } from './expected.ts';
import { findingsOf } from './findings.ts';
import { followRun } from './follow.ts';
import { type StartedRun, workflowUrl } from './start.ts';

const following = startedRun.extend({ sync: z.string() });

/** The run as it stood when it was no longer followed. */
const followed = z.discriminatedUnion('end', [
  following.extend({ end: z.literal('ended'), summary: runSummary, ...runFindings.shape }),
  /** It waits for a person. */
  following.extend({ end: z.literal('parked'), parked }),
  following.extend({ end: z.literal('timeout') }),
]);

/**
 * Follows a run until it has ended, waits for a person, or the time is up; `timeoutMs` null: however long it takes. The
 * run itself goes on, whatever becomes of the following. A worker is started when none answers. Throws INTERRUPTED when
 * whoever asked has gone, RUN_UNKNOWN when the sync has no such run, what the run failed with when it could not even open,
 * and RUN_FAILED when that is not known.
 */
export const followToEnd = operation({
  name: 'run.follow',
  effect: 'reads',
  input: z.object({ sync: z.string(), run: z.string(), timeoutMs: z.number().min(0).nullable() }),
  document: followed,
  target: ({ sync }) => sync,
  async work(context: EngineContext, { sync, run, timeoutMs }) {
    const engine = await context.engine();
    const workflowId = workflowIdOf(sync, run);
    const started = { sync, run, workflowId, url: workflowUrl(engine.client, engine.uiUrl, workflowId) };
    const seen = await follow(context, engine, started, timeoutMs);
    if (seen?.end === 'timeout') return { ...started, end: seen.end };
    if (seen?.end === 'parked' && seen.last.state?.parked)
      return { ...started, end: seen.end, parked: seen.last.state.parked };
    const summary = await engine.ledger.reports.run(run);
    if (seen === null && summary?.sync !== sync) throw unknown(sync, run);
    if (!summary?.endedAt) throw await endedWithoutLedger(engine, started);
    return { ...started, end: 'ended' as const, summary, ...(await findingsOf(engine.ledger, run)) };
  },
});

/** Null where Temporal has no such run, or no longer: the ledger keeps what came of one for longer. */
async function follow(
  context: OperationContext,
  engine: Engine,
  { sync, workflowId }: StartedRun & { readonly sync: string },
  timeoutMs: number | null,
) {
  const expected = expectedRecords(await engine.ledger.reports.latestRuns(sync));
  const following = followRun(engine.client, workflowId, {
    title: sync,
    progress: context.progress,
    ...(expected !== undefined && { expectedRecords: expected }),
    untilMs: timeoutMs === null ? Number.POSITIVE_INFINITY : Date.now() + timeoutMs,
    signal: interrupted(context, 'no longer followed; the run itself was not ended'),
    onSilence: async () => {
      context.progress.note('No worker answers: one is started for this run.');
      await engine.startWorker();
    },
  });
  return following.catch((error: unknown) => {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  });
}

const unknown = (sync: string, run: string): SyncFailure =>
  refusal('RUN_UNKNOWN', `\`${sync}\` has no run ${run}: it was never started, or is no longer kept`, {
    todo: '{status}',
    about: { sync },
  });

/** A run that never opened has left nothing in the ledger: its workflow says why. */
async function endedWithoutLedger(engine: Engine, started: StartedRun): Promise<Error> {
  try {
    await engine.client.workflow.getHandle(started.workflowId).result();
  } catch (error) {
    for (let at: unknown = error; at instanceof Error; at = at.cause) {
      const type = 'type' in at ? at.type : undefined;
      if (isFailureCode(type)) return new SyncFailure(type, at.message);
    }
  }
  return refusal('RUN_FAILED', 'the run ended without a result', { todo: started.url ?? started.workflowId });
}
