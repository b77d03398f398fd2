import type { Command } from 'commander';
import { type ExitCode, exitCode } from '../../model/failure/exit-code.ts';
import { type ReadRange, slicesOf } from '../../model/sync/range.ts';
import type { Engine } from '../../operations/engine.ts';
import { positionOf, rereading, rereadingWords } from '../../operations/runs/position.ts';
import { type StartedRun, type StartOptions, startRun } from '../../operations/runs/start.ts';
import { parseDuration } from '../../platform/terminal/parse.ts';
import { checkProject } from '../../project/load.ts';
import { soundSync } from '../../project/sound-sync.ts';
import type { CliContext } from '../context.ts';
import { usage } from '../errors.ts';
import { announce, follow } from '../runs/see-through.ts';
import { syncVerb } from '../sync-verb.ts';

interface BackfillOptions {
  readonly from: string;
  readonly to: string;
  readonly wait?: boolean;
  /** Milliseconds. */
  readonly slice?: number;
}

export const backfillCommand = (): Command =>
  syncVerb<BackfillOptions>(
    'backfill',
    'Reads a range of versions again, in one run that waits for its turn. The watermark stays where it is, and newest ' +
      'wins: nothing that was delivered since is set back.',
    async ({ context, engine, sync, options }): Promise<ExitCode> => {
      const loaded = soundSync(await checkProject(context.projectFolder, context.env), sync);
      const now = Date.now();
      const range = {
        since: await positionOf(engine, loaded, '--from', options.from, now),
        until: await positionOf(engine, loaded, '--to', options.to, now),
      };
      if (range.until.value < range.since.value) throw usage(`--to ${options.to} lies before --from ${options.from}`);
      context.progress.note(`Reads again ${rereadingWords(await rereading(engine, sync, range))}.`);
      if (options.slice !== undefined) return startSlices(context, engine, sync, range, options.slice);
      const wait = options.wait === true || engine.isTemporary;
      if (wait) await engine.ensureWorker();
      const started = await startRun(engine.client, engine.taskQueue, backfillOf(engine, sync, range));
      return wait ? follow(context, engine, sync, started, {}) : announce(context, sync, started);
    },
  )
    .requiredOption('--from <position>', 'where it begins: a time, a version, a run, or how long ago')
    .option('--to <position>', 'where it ends', '0 s')
    .option('--slice <duration>', 'in runs of this width each, so that scheduled runs come between them', parseDuration)
    .option('--wait', 'follow the run to its end and print its counts');

/** More runs than this would be a mistake in the width. */
const MOST_SLICES = 400;

async function startSlices(
  { out }: CliContext,
  engine: Engine,
  sync: string,
  { since, until }: Required<ReadRange>,
  sliceMs: number,
): Promise<ExitCode> {
  if (engine.isTemporary) throw usage('--slice needs a stack that stays up: syncline dev, or servers of your own');
  if (since.kind !== 'time') throw usage(`--slice divides times; the versions of \`${sync}\` are numbers`);
  const slices = slicesOf(since, until, sliceMs * 1000);
  if (slices.length > MOST_SLICES)
    throw usage(`these are ${slices.length} runs, and ${MOST_SLICES} is the most: make --slice wider`);
  const runs: StartedRun[] = [];
  for (const range of slices)
    runs.push(await startRun(engine.client, engine.taskQueue, backfillOf(engine, sync, range)));
  out.result({ sync, status: 'started', runs }, () =>
    out.line(`${sync}: ${runs.length} runs are started; each waits for its turn`),
  );
  return exitCode.ok;
}

const backfillOf = ({ uiUrl }: Engine, sync: string, range: Required<ReadRange>): StartOptions => ({
  sync,
  full: false,
  range,
  whenHeld: 'wait',
  trigger: 'backfill',
  uiUrl,
});
