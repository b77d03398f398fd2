import process from 'node:process';
import { Command } from 'commander';
import { type ExitCode, exitCode } from '../../model/failure/exit-code.ts';
import { backfill } from '../../operations/schedules/backfill.ts';
import { parseDuration } from '../../platform/terminal/parse.ts';
import { type CliContext, contextOf } from '../context.ts';
import { asking } from '../runs/engine.ts';
import { announce, follow } from '../runs/see-through.ts';

interface BackfillOptions {
  readonly from: string;
  readonly to: string;
  readonly wait?: boolean;
  /** Milliseconds. */
  readonly slice?: number;
}

export const backfillCommand = (): Command =>
  new Command('backfill')
    .description(
      'Reads a range of versions again, in one run that waits for its turn. The watermark stays where it is, and newest ' +
        'wins: nothing that was delivered since is set back.',
    )
    .argument('<sync>', 'name of a file in syncs/')
    .requiredOption('--from <position>', 'where it begins: a time, a version, a run, or how long ago')
    .option('--to <position>', 'where it ends', '0 s')
    .option('--slice <duration>', 'in runs of this width each, so that scheduled runs come between them', parseDuration)
    .option('--wait', 'follow the run to its end and print its counts')
    .action(async (sync: string, options: BackfillOptions, command: Command) => {
      process.exitCode = await startBackfill(contextOf(command), sync, options);
    });

async function startBackfill(
  context: CliContext,
  sync: string,
  { from, to, slice, wait = false }: BackfillOptions,
): Promise<ExitCode> {
  return asking(context, async (request) => {
    const input = { sync, from, to, sliceMs: slice ?? null, follows: wait && slice === undefined };
    const { runs } = await backfill.perform(request, input);
    const [first] = runs;
    if (slice !== undefined || first === undefined) {
      context.out.result({ sync, status: 'started', runs }, () =>
        context.out.line(`${sync}: ${runs.length} runs are started; each waits for its turn`),
      );
      return exitCode.ok;
    }
    const engine = await request.engine();
    return wait || engine.isTemporary ? follow(context, engine, sync, first, {}) : announce(context, sync, first);
  });
}
