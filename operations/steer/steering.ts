import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { isSyncFailure } from '../../model/failure/failure.ts';
import type { OperationName } from '../../model/operation/operation-name.ts';
import type { Verb } from '../../model/sync/steering.ts';
import { checkProject } from '../../project/load.ts';
import { soundSync } from '../../project/sound-sync.ts';
import type { EngineContext, OperationContext } from '../context.ts';
import type { Engine } from '../engine.ts';
import { operation } from '../operation.ts';
import { followRun } from '../runs/follow.ts';
import { type Steered, steer } from './steer.ts';

/** The open run of a sync goes on where it stopped, or tries at once what it would try later. */
export const retryRun = steering('run.retry', 'retry');
/** The write in doubt on which a run waits counts as done. */
export const skipInRun = steering('run.skip', 'skip');
/** The sync is held: its open run after the batch under way, and every run that begins later. `note`: why. */
export const pauseSync = steering('run.pause', 'pause');
/** A paused sync goes on. */
export const resumeSync = steering('run.resume', 'resume');
/** The open run ends; the cursor stays where it was. */
export const cancelRun = steering('run.cancel', 'abort');

function steering(name: OperationName, verb: Verb) {
  return operation({
    name,
    effect: 'acts',
    input: z.object({ sync: z.string(), note: z.string().nullable() }),
    document: z.object({
      sync: z.string(),
      run: z.string().nullable(),
      workflowId: z.string().nullable(),
      words: z.string(),
    }),
    target: ({ sync }) => sync,
    async work(context: EngineContext, { sync, note }) {
      const engine = await context.engine();
      if (engine.isTemporary) await engine.ensureWorker();
      const steered = await asked(engine, context, sync, verb, note);
      // Nobody would act on it later.
      if (engine.isTemporary && steered.workflowId !== null && verb !== 'pause')
        await seeItThrough(engine, context, sync, steered.workflowId);
      return steered;
    },
  });
}

/** A sync that is not there at all is told from one that is idle. */
async function asked(
  engine: Engine,
  context: OperationContext,
  sync: string,
  verb: Verb,
  note: string | null,
): Promise<Steered> {
  // Before a name that was misspelt is paused.
  if (verb === 'pause') await refuseUnknownSync(context, sync);
  try {
    return await steer(engine, sync, verb, note);
  } catch (error) {
    if (isSyncFailure(error) && error.code === 'NO_OPEN_RUN') await refuseUnknownSync(context, sync);
    throw error;
  }
}

async function refuseUnknownSync({ projectFolder, env }: OperationContext, sync: string): Promise<void> {
  soundSync(await checkProject(projectFolder, env), sync);
}

/** Follows the run until it has ended or waits for a person again. */
async function seeItThrough(
  engine: Engine,
  { progress }: OperationContext,
  sync: string,
  workflowId: string,
): Promise<void> {
  await setTimeout(EFFECT_AFTER_MS);
  await followRun(engine.client, workflowId, {
    title: sync,
    progress,
    untilMs: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
  });
}

/** A run that is parked needs a moment to act on the answer; looked at too soon it would still seem parked. */
const EFFECT_AFTER_MS = 1000;
