import { Command } from 'commander';
import { cancelRun, pauseSync, resumeSync, type retryRun, skipInRun } from '../operations/steer/steering.ts';
import { type CliContext, contextOf } from './context.ts';
import { asking } from './runs/engine.ts';

interface Steer {
  readonly operation: typeof retryRun;
  readonly summary: string;
  readonly description: string;
}

const verbs = {
  skip: {
    operation: skipInRun,
    summary: 'count the write in doubt as done on which a run waits',
    description:
      'For a destination that cannot be asked (class T5), after a look at it: the write arrived. ' +
      'A run that waits before deleting leaves the records in place; one that waits because the source has another ' +
      'shape goes on with it. Anywhere else it is refused.',
  },
  pause: {
    operation: pauseSync,
    summary: 'hold a sync: its open run after the batch under way, and every run that begins later',
    description:
      'The batch under way is finished, and nothing further is written. A run that begins while the sync is paused ' +
      'waits before its first batch. `resume` lets both go on.',
  },
  resume: { operation: resumeSync, summary: 'let a paused sync go on', description: 'Takes back a `pause`.' },
  cancel: {
    operation: cancelRun,
    summary: 'end an open run',
    description:
      'What is under way is finished, what waits is not; the cursor stays where it was, so that the next run begins there.',
  },
} satisfies Record<string, Steer>;

/** `skip`, `pause`, `resume` or `cancel`: the same that the Temporal UI can send as signals, with an answer. */
export function steerCommand(name: keyof typeof verbs): Command {
  const { operation, summary, description }: Steer = verbs[name];
  const command = new Command(name).summary(summary).description(description);
  if (name === 'pause') command.option('--note <text>', 'why, for those who look at it later');
  return command
    .argument('<sync>', 'name of a file in syncs/')
    .addHelpText('after', `\nExample:\n  syncline ${name} orders-to-invoices`)
    .action((sync: string, { note = null }: { note?: string | null }, command: Command) =>
      steerSync(contextOf(command), name, operation, sync, note),
    );
}

/** Asks a sync, and says what it answered; in a document under the name of the command. */
export async function steerSync(
  context: CliContext,
  name: string,
  { perform }: Pick<typeof retryRun, 'perform'>,
  sync: string,
  note: string | null = null,
): Promise<void> {
  const { run, words } = await asking(context, (request) => perform(request, { sync, note }));
  context.out.result({ sync, run, [name]: true, said: words }, () =>
    context.out.line(run === null ? `${sync} ${words}` : `run ${run} of ${sync} ${words}`),
  );
}
