import type { Command } from 'commander';
import { type ExitCode, exitCode } from '../../model/exit-code.ts';
import { checkProject } from '../../platform/project/load.ts';
import { soundSync } from '../../platform/project/sound-sync.ts';
import { CommandFailed } from '../errors.ts';
import { positionOf, rereading, rereadingWords } from '../runs/position.ts';
import { announce, follow } from '../runs/see-through.ts';
import { startRun } from '../runs/start.ts';
import { syncVerb } from './frame.ts';

interface BackfillOptions {
  readonly from: string;
  readonly to: string;
  readonly wait?: boolean;
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
      if (range.until.value < range.since.value)
        throw new CommandFailed('USAGE', `--to ${options.to} lies before --from ${options.from}`, exitCode.usage);
      context.progress.note(`Reads again ${rereadingWords(await rereading(engine, sync, range))}.`);
      const wait = options.wait === true || engine.stack.owned;
      if (wait) await engine.ensureWorker();
      const started = await startRun(engine.client, engine.taskQueue, {
        sync,
        full: false,
        range,
        whenHeld: 'wait',
        trigger: 'backfill',
        uiUrl: engine.stack.uiUrl,
      });
      return wait ? follow(context, engine, sync, started, {}) : announce(context, sync, started);
    },
  )
    .requiredOption('--from <position>', 'where it begins: a time, a version, a run, or how long ago')
    .option('--to <position>', 'where it ends', '0 s')
    .option('--wait', 'follow the run to its end and print its counts');
