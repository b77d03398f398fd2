import process from 'node:process';
import { Command } from 'commander';
import { type ExitCode, exitCode } from '../model/failure/exit-code.ts';
import { retryWaiting } from '../operations/steer/retry-waiting.ts';
import { retryRun } from '../operations/steer/steering.ts';
import { safeText } from '../platform/terminal/text.ts';
import { type CliContext, contextOf } from './context.ts';
import { usage } from './errors.ts';
import { type ChoiceOptions, choiceOf, withChoice } from './quarantine/choice.ts';
import { replayChosen } from './quarantine/replay.ts';
import { asking } from './runs/engine.ts';
import { steerSync } from './steer.ts';

interface RetryOptions extends ChoiceOptions {
  readonly connection?: string;
  readonly wait?: boolean;
}

/** Tries again exactly what failed: the step of a run, records that were set aside, or all that waits for one system. */
export function retryCommand(): Command {
  const command = new Command('retry')
    .summary('try again what failed: a run, some records, or all that waits for one connection')
    .description(
      'After what was wrong has been mended. With a sync alone: its open run goes on where it stopped, or tries at once ' +
        'what it would try later; nothing is sent twice. With a key, a code, a time or a batch: the records of the sync ' +
        "that were set aside go through today's mapping again, in a run of their own. With --connection: every open run " +
        'that waits because of that system.',
    )
    .argument('[sync]', 'name of a file in syncs/')
    .option('--connection <name>', 'every run that waits because of this connection')
    .option('--wait', 'with records: follow their run to its end and print its counts');
  return withChoice(command)
    .addHelpText(
      'after',
      `
Examples:
  syncline retry orders-to-invoices                              the run that waits
  syncline retry orders-to-invoices --key 4711                   one record
  syncline retry orders-to-invoices --code RECORD_REJECTED       all that failed in one way
  syncline retry orders-to-invoices --since '2 hours'            all that was set aside since
  syncline retry orders-to-invoices --run 20261126T… --batch 3   one batch
  syncline retry --connection books                              the outage of a system is over`,
    )
    .action(async (sync: string | undefined, options: RetryOptions, command: Command) => {
      process.exitCode = await retry(contextOf(command), sync, options);
    });
}

async function retry(context: CliContext, sync: string | undefined, options: RetryOptions): Promise<ExitCode> {
  const choice = choiceOf(options);
  const narrowed = Object.keys(choice).length > 0;
  if (options.connection !== undefined) {
    if (sync !== undefined || narrowed) throw usage('--connection stands alone: it concerns every sync');
    return retryConnection(context, options.connection);
  }
  if (sync === undefined) throw usage('name a sync, or a connection with --connection');
  if (narrowed) return replayChosen(context, sync, choice, options);
  await steerSync(context, 'retry', retryRun, sync);
  return exitCode.ok;
}

async function retryConnection(context: CliContext, connection: string): Promise<ExitCode> {
  const { out } = context;
  const document = await asking(context, (request) => retryWaiting.perform(request, { connection }));
  out.result(document, () => {
    if (document.runs.length === 0) out.line(`no run waits for ${connection}`);
    for (const { sync, run, code, said } of document.runs)
      out.line(`${out.style.name(sync)}  run ${run}, ${code}: ${safeText(said)}`);
  });
  return exitCode.ok;
}
