import { z } from 'zod';
import { refusal, type SyncFailure } from '../../model/failure/failure.ts';
import { type ReadRange, slicesOf } from '../../model/sync/range.ts';
import { checkProject } from '../../project/load.ts';
import { soundSync } from '../../project/sound-sync.ts';
import type { EngineContext } from '../context.ts';
import { startedRun } from '../contracts/started-run.ts';
import type { Engine } from '../engine.ts';
import { operation } from '../operation.ts';
import { positionOf, rereading, rereadingWords } from '../runs/position.ts';
import { type StartedRun, startRun } from '../runs/start.ts';

/** More runs than this would be a mistake in the width. */
const MOST_SLICES = 400;

type Range = Required<ReadRange>;

/**
 * Reads a range of versions again, in a run that waits for its turn; in runs of `sliceMs` each, where that is given. The
 * watermark stays where it is, and newest wins. `follows`: whoever asks follows the run, so that a worker is started for
 * it. Throws NO_POSITIONS, and USAGE for positions that are none or make no range.
 */
export const backfill = operation({
  name: 'schedule.backfill',
  effect: 'acts',
  input: z.object({
    sync: z.string(),
    from: z.string(),
    to: z.string(),
    sliceMs: z.number().positive().nullable(),
    follows: z.boolean(),
  }),
  document: z.object({ sync: z.string(), runs: z.array(startedRun).readonly() }),
  target: ({ sync }) => sync,
  async work(context: EngineContext, { sync, from, to, sliceMs, follows }) {
    const loaded = soundSync(await checkProject(context.projectFolder, context.env), sync);
    const engine = await context.engine();
    const now = Date.now();
    const range = {
      since: await positionOf(engine, loaded, 'from', from, now),
      until: await positionOf(engine, loaded, 'to', to, now),
    };
    if (range.until.value < range.since.value) throw usage(`the end ${to} lies before the beginning ${from}`);
    context.progress.note(`Reads again ${rereadingWords(await rereading(engine, sync, range))}.`);
    const ranges = sliceMs === null ? [range] : slices(engine, sync, range, sliceMs);
    if (follows || engine.isTemporary) await engine.ensureWorker();
    const runs: StartedRun[] = [];
    for (const one of ranges) runs.push(await startBackfill(engine, sync, one));
    return { sync, runs };
  },
});

function slices({ isTemporary }: Engine, sync: string, { since, until }: Range, sliceMs: number): readonly Range[] {
  if (isTemporary)
    throw refusal('USAGE', 'slices wait for their turn: they need a stack that stays up', {
      todo: '{stack.start}, or servers of your own',
    });
  if (since.kind !== 'time') throw usage(`slices divide times; the versions of \`${sync}\` are numbers`);
  const found = slicesOf(since, until, sliceMs * 1000);
  if (found.length > MOST_SLICES)
    throw usage(`these are ${found.length} runs, and ${MOST_SLICES} is the most: make the slices wider`);
  return found;
}

const startBackfill = ({ client, taskQueue, uiUrl }: Engine, sync: string, range: Range): Promise<StartedRun> =>
  startRun(client, taskQueue, { sync, full: false, range, whenHeld: 'wait', trigger: 'backfill', uiUrl });

const usage = (message: string): SyncFailure => refusal('USAGE', message);
