import process from 'node:process';
import { Command } from 'commander';
import { type ExitCode, exitCode } from '../../model/exit-code.ts';
import type { AppliedSchedule } from '../../platform/schedules/decode.ts';
import { appliedSchedule } from '../../platform/schedules/schedules.ts';
import { type CliContext, contextOf } from '../context.ts';
import { CommandFailed } from '../errors.ts';
import { type Engine, withEngine } from '../runs/engine.ts';

/** A verb about the schedule of one sync. */
export const syncVerb = <Options>(
  name: string,
  description: string,
  work: (call: {
    readonly context: CliContext;
    readonly engine: Engine;
    readonly sync: string;
    readonly options: Options;
  }) => Promise<ExitCode>,
): Command =>
  new Command(name)
    .description(description)
    .argument('<sync>', 'name of a file in syncs/')
    .action(async (sync: string, options: Options, command: Command) => {
      const context = contextOf(command);
      await withEngine(context, async (engine) => {
        process.exitCode = await work({ context, engine, sync, options });
      });
    });

/** The schedule of a sync as the server has it. */
export async function scheduleOf({ client }: Engine, sync: string): Promise<AppliedSchedule> {
  const applied = await appliedSchedule(client, sync);
  if (applied) return applied;
  throw new CommandFailed(
    'NOT_SCHEDULED',
    `\`${sync}\` has no schedule on the server`,
    exitCode.usage,
    'Give its file a `schedule`, then: syncline schedule apply',
  );
}
