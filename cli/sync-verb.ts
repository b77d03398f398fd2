import process from 'node:process';
import { Command } from 'commander';
import type { ExitCode } from '../model/failure/exit-code.ts';
import type { Engine } from '../operations/engine.ts';
import { type CliContext, contextOf } from './context.ts';
import { withEngine } from './runs/engine.ts';

/** What a verb about one sync works with. */
export interface SyncCall<Options> {
  readonly context: CliContext;
  readonly engine: Engine;
  readonly sync: string;
  readonly options: Options;
}

/** A verb about one sync, such as `quarantine list SYNC`: its work answers with the exit code. */
export const syncVerb = <Options>(
  name: string,
  description: string,
  work: (call: SyncCall<Options>) => Promise<ExitCode>,
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
