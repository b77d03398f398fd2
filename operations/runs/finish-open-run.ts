import { refusal } from '../../model/failure/failure.ts';
import type { OperationContext } from '../context.ts';
import type { Engine } from '../engine.ts';
import { interrupted } from '../interrupted.ts';
import { followRun } from './follow.ts';
import { openRunOf } from './open-run.ts';

/**
 * Makes room for a new run. On an engine that others share an open run is somebody's: refused with LOCKED. On one that
 * ends with whoever asks it was left behind by one that died, and nobody else will finish it: it is finished first.
 */
export async function finishOpenRun(context: OperationContext, engine: Engine, sync: string): Promise<void> {
  const open = await openRunOf(engine, sync);
  if (!open) return;
  if (!engine.isTemporary)
    throw refusal('LOCKED', `run ${open.run} of \`${sync}\` is open`, {
      todo: '{status} says how it goes',
      about: { sync },
    });
  context.progress.note(`Run ${open.run} was left open: it is finished first.`);
  await engine.ensureWorker();
  const { end, last } = await followRun(engine.client, open.workflowId, {
    title: `${sync}, left open`,
    progress: context.progress,
    untilMs: Number.POSITIVE_INFINITY,
    signal: interrupted(context, 'no run was started; the one that was left open is not finished'),
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
