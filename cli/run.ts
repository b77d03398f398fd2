import process from 'node:process';
import { Command, InvalidArgumentError } from 'commander';
import type { ExitCode } from '../model/failure/exit-code.ts';
import { beginRun } from '../operations/runs/begin-run.ts';
import { parseDuration } from '../platform/terminal/parse.ts';
import { type CliContext, contextOf } from './context.ts';
import { asking } from './runs/engine.ts';
import { announce, follow } from './runs/see-through.ts';

interface RunOptions {
  readonly wait?: boolean;
  readonly full?: boolean;
  /** A position, as it was written. */
  readonly from?: string;
  readonly yes?: boolean;
  /** The caller's own: the same id is the same run. */
  readonly id?: string;
  /** The hash of a plan. */
  readonly plan?: string;
  /** Milliseconds. */
  readonly timeout?: number;
}

export function runCommand(): Command {
  return new Command('run')
    .summary('start a sync')
    .description(
      'Starts one run of a sync. Answers at once with the run and its address in the Temporal UI; with --wait it ' +
        'follows the run to its end. Uses the stack that is up, and otherwise starts one for its own duration.',
    )
    .argument('<sync>', 'name of a file in syncs/')
    .option('--wait', 'follow the run to its end and print its counts')
    .option('--full', 'read everything, whatever was read before')
    .option('--from <position>', 'read again from an earlier position: a run, a version, a time, or how long ago')
    .option('--yes', 'with --from: really do it; without it the command only says what it would read')
    .option('--id <key>', 'a name of your own for this start: the same key again is the same run', triggerKey)
    .option('--plan <hash>', 'do exactly what `syncline plan` said under this hash, or refuse')
    .option('--timeout <duration>', 'with --wait: stop following after this long; the run goes on', parseDuration)
    .addHelpText(
      'after',
      `
Examples:
  syncline run orders-to-invoices                  start it and come back at once
  syncline run orders-to-invoices --wait           and show it until it ends
  syncline run orders-to-invoices --wait --json    for programs: counts as one document
  syncline run orders-to-invoices --full --wait    read everything again; what did not change is not sent
  syncline run orders-to-invoices --id 2026-11-26   from a job that may be repeated: one run, whatever happens
  syncline run orders-to-invoices --from '2 days'  what it would read again; --yes does it

With --wait the exit code is 0 succeeded, 4 partial (records in quarantine), 1 failed or waiting for a person,
7 when another run is open, 8 when --timeout is over.`,
    )
    .action(async (sync: string, options: RunOptions, command: Command) => {
      process.exitCode = await run(contextOf(command), sync, options);
    });
}

function triggerKey(text: string): string {
  if (/^[\w.:@/+-]{1,200}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected 1 to 200 letters, digits and `_ . : @ / + -`.');
}

async function run(context: CliContext, sync: string, options: RunOptions): Promise<ExitCode> {
  const { wait = false, full = false, from = null, yes: confirmed = false, id = null, plan = null } = options;
  return asking(context, async (request) => {
    const input = { sync, full, from, confirmed, id, plan, follows: wait };
    const started = await beginRun.perform(request, input);
    const engine = await request.engine();
    if (wait || engine.isTemporary) return follow(context, engine, sync, started, options);
    return announce(context, sync, started, started.status);
  });
}
