import { setTimeout } from 'node:timers/promises';
import { Command } from 'commander';
import { exitCode } from '../model/exit-code.ts';
import { signalName } from '../model/names.ts';
import { checkProject } from '../platform/project/load.ts';
import { soundSync } from '../platform/project/sound-sync.ts';
import { type CliContext, contextOf } from './context.ts';
import { CommandFailed } from './errors.ts';
import { type Engine, openEngine } from './runs/engine.ts';
import { followRun, waitingWords } from './runs/follow.ts';
import { observeRun } from './runs/observe.ts';
import { openRunOf } from './runs/open-run.ts';

interface Steer {
  readonly summary: string;
  readonly description: string;
  readonly said: string;
}

const verbs = {
  retry: {
    summary: 'try again the step on which a run waits',
    description: 'After what was wrong has been mended: the run goes on where it stopped; nothing is sent twice.',
    said: 'tries again',
  },
  skip: {
    summary: 'count the write in doubt as done on which a run waits',
    description:
      'For a destination that cannot be asked (class T5), after a look at it: the write arrived. ' +
      'A run that waits before deleting leaves the records in place; one that waits because the source has another ' +
      'shape goes on with it. On any other step it is the same as `retry`.',
    said: 'goes on',
  },
  pause: {
    summary: 'hold a run before its next batch',
    description: 'What is under way is finished. `resume` goes on.',
    said: 'is paused',
  },
  resume: { summary: 'let a paused run go on', description: 'Takes back a `pause`.', said: 'goes on' },
  cancel: {
    summary: 'end an open run',
    description: 'What is under way is finished; the cursor stays where it was, so that the next run begins there.',
    said: 'is being ended',
  },
} as const satisfies Record<string, Steer>;

const signalOf = {
  retry: signalName.retry,
  skip: signalName.skip,
  pause: signalName.pause,
  resume: signalName.resume,
  cancel: null,
} as const;

/** `retry`, `pause`, `resume` or `cancel`: the same signals that the Temporal UI can send. */
export function steerCommand(verb: keyof typeof verbs): Command {
  const { summary, description, said } = verbs[verb];
  return new Command(verb)
    .summary(summary)
    .description(description)
    .argument('<sync>', 'name of a file in syncs/')
    .addHelpText('after', `\nExample:\n  syncline ${verb} orders-to-invoices`)
    .action(async (sync: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const engine = await openEngine(context);
      try {
        const open = await openRunOf(engine, sync);
        if (!open) throw await noOpenRun(context, sync);
        if (verb === 'retry' || verb === 'skip') await refuseUnlessParked(engine, sync, open.workflowId);
        const handle = engine.client.workflow.getHandle(open.workflowId);
        const signal = signalOf[verb];
        if (signal === null) await handle.cancel();
        else await handle.signal(signal);
        // Without a stack that stays up nobody would act on it: this command waits for the effect itself.
        if (engine.stack.owned && verb !== 'pause') await seeItThrough(context, engine, sync, open.workflowId);
        context.out.result({ sync, run: open.run, [verb]: true }, () =>
          context.out.line(`run ${open.run} of ${sync} ${said}`),
        );
      } finally {
        await engine.close();
      }
    });
}

/** A sync that is not there at all is told from one that is idle. */
async function noOpenRun(context: CliContext, sync: string): Promise<Error> {
  soundSync(await checkProject(context.projectFolder, context.env), sync);
  return new CommandFailed('NO_OPEN_RUN', `\`${sync}\` has no open run`, exitCode.conflict, `syncline status ${sync}`);
}

/** A run that waits by itself would not hear `retry`: better said than promised. */
async function refuseUnlessParked(engine: Engine, sync: string, workflowId: string): Promise<void> {
  if (engine.stack.owned) await engine.ensureWorker();
  const { state, waiting } = await observeRun(engine.client, workflowId);
  if (!state || state.parked) return;
  const why = waiting ? `it ${waitingWords(waiting)}, and goes on by itself` : 'it is at work';
  throw new CommandFailed(
    'NOT_PARKED',
    `the run of \`${sync}\` does not wait for a person: ${why}`,
    exitCode.conflict,
    `syncline status ${sync}`,
  );
}

/** Follows the run until it has ended or waits for a person again. */
async function seeItThrough(context: CliContext, engine: Engine, sync: string, workflowId: string): Promise<void> {
  await engine.ensureWorker();
  await setTimeout(EFFECT_AFTER_MS);
  await followRun(engine.client, workflowId, {
    title: sync,
    progress: context.progress,
    untilMs: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
  });
}

/** A run that is parked needs a moment to hear the signal; looked at too soon it would still seem parked. */
const EFFECT_AFTER_MS = 1000;
