import { refusal, SyncFailure } from '../../model/failure/failure.ts';
import type { Engine } from '../../operations/engine.ts';
import { followRun } from '../../operations/runs/follow.ts';
import { openRunOf } from '../../operations/runs/open-run.ts';
import type { CliContext } from '../context.ts';

/**
 * Makes room for a new run. On a stack that others share an open run is somebody's: refused with LOCKED. On a stack
 * of this command's own it was left behind by a command that died, and nobody else will finish it: it is finished first.
 */
export async function finishOpenRun(context: CliContext, engine: Engine, sync: string): Promise<void> {
  const open = await openRunOf(engine, sync);
  if (!open) return;
  if (!engine.isTemporary) {
    throw new SyncFailure(
      'LOCKED',
      `run ${open.run} of \`${sync}\` is open; \`syncline status ${sync}\` says how it goes`,
    );
  }
  context.progress.note(`Run ${open.run} was left open: it is finished first.`);
  await engine.ensureWorker();
  const { end, last } = await followRun(engine.client, open.workflowId, {
    title: `${sync}, left open`,
    progress: context.progress,
    untilMs: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    onSilence: () => engine.startWorker(),
  });
  if (end !== 'parked') return;
  const parked = last.state?.parked;
  throw refusal(
    'LOCKED',
    `run ${open.run} of \`${sync}\` waits for a person: ${parked?.code} in ${parked?.step}: ${parked?.message}`,
    { todo: '{run.retry}, or {run.cancel}', about: { sync } },
  );
}
