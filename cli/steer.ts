import { setTimeout } from 'node:timers/promises';
import { Command } from 'commander';
import { isSyncFailure } from '../model/failure/failure.ts';
import type { Verb } from '../model/sync/steering.ts';
import { followRun } from '../operations/runs/follow.ts';
import { steer } from '../operations/steer/steer.ts';
import { checkProject } from '../project/load.ts';
import { soundSync } from '../project/sound-sync.ts';
import { type CliContext, contextOf } from './context.ts';
import { type Engine, withEngine } from './runs/engine.ts';

interface Steer {
  readonly verb: Verb;
  readonly summary: string;
  readonly description: string;
}

const verbs = {
  skip: {
    verb: 'skip',
    summary: 'count the write in doubt as done on which a run waits',
    description:
      'For a destination that cannot be asked (class T5), after a look at it: the write arrived. ' +
      'A run that waits before deleting leaves the records in place; one that waits because the source has another ' +
      'shape goes on with it. Anywhere else it is refused.',
  },
  pause: {
    verb: 'pause',
    summary: 'hold a sync: its open run after the batch under way, and every run that begins later',
    description:
      'The batch under way is finished, and nothing further is written. A run that begins while the sync is paused ' +
      'waits before its first batch. `resume` lets both go on.',
  },
  resume: { verb: 'resume', summary: 'let a paused sync go on', description: 'Takes back a `pause`.' },
  cancel: {
    verb: 'abort',
    summary: 'end an open run',
    description:
      'What is under way is finished, what waits is not; the cursor stays where it was, so that the next run begins there.',
  },
} as const satisfies Record<string, Steer>;

/** `skip`, `pause`, `resume` or `cancel`: the same that the Temporal UI can send as signals, with an answer. */
export function steerCommand(name: keyof typeof verbs): Command {
  const { verb, summary, description }: Steer = verbs[name];
  const command = new Command(name).summary(summary).description(description);
  if (verb === 'pause') command.option('--note <text>', 'why, for those who look at it later');
  return command
    .argument('<sync>', 'name of a file in syncs/')
    .addHelpText('after', `\nExample:\n  syncline ${name} orders-to-invoices`)
    .action((sync: string, { note = null }: { note?: string | null }, command: Command) =>
      steerSync(contextOf(command), name, verb, sync, note),
    );
}

/** Asks a sync, and says what it answered; in a document under the name of the command. */
export async function steerSync(
  context: CliContext,
  name: string,
  verb: Verb,
  sync: string,
  note: string | null = null,
): Promise<void> {
  await withEngine(context, async (engine) => {
    if (engine.stack.owned) await engine.ensureWorker();
    const { run, workflowId, words } = await asked(context, engine, sync, verb, note);
    // Without a stack that stays up nobody would act on it: this command waits for the effect itself.
    if (engine.stack.owned && workflowId !== null && verb !== 'pause')
      await seeItThrough(context, engine, sync, workflowId);
    context.out.result({ sync, run, [name]: true, said: words }, () =>
      context.out.line(run === null ? `${sync} ${words}` : `run ${run} of ${sync} ${words}`),
    );
  });
}

/** A sync that is not there at all is told from one that is idle. */
async function asked(context: CliContext, engine: Engine, sync: string, verb: Verb, note: string | null) {
  // Before a name that was misspelt is paused.
  if (verb === 'pause') soundSync(await checkProject(context.projectFolder, context.env), sync);
  try {
    return await steer(engine, sync, verb, note);
  } catch (error) {
    if (isSyncFailure(error) && error.code === 'NO_OPEN_RUN')
      soundSync(await checkProject(context.projectFolder, context.env), sync);
    throw error;
  }
}

/** Follows the run until it has ended or waits for a person again. */
async function seeItThrough(context: CliContext, engine: Engine, sync: string, workflowId: string): Promise<void> {
  await setTimeout(EFFECT_AFTER_MS);
  await followRun(engine.client, workflowId, {
    title: sync,
    progress: context.progress,
    untilMs: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
  });
}

/** A run that is parked needs a moment to act on the answer; looked at too soon it would still seem parked. */
const EFFECT_AFTER_MS = 1000;
