import { Command, InvalidArgumentError } from 'commander';
import type { ExitCode } from '../model/failure/exit-code.ts';
import { refusal } from '../model/failure/failure.ts';
import type { ReadRange } from '../model/sync/range.ts';
import type { Engine } from '../operations/engine.ts';
import { keepToPlan } from '../operations/plan/keep-to-plan.ts';
import { positionOf, rereading, rereadingWords } from '../operations/runs/position.ts';
import { newRunId } from '../operations/runs/start.ts';
import { onceFor, startOnce } from '../operations/runs/start-once.ts';
import { parseDuration } from '../platform/terminal/parse.ts';
import { wasSound } from '../project/sound-before.ts';
import { type CliContext, contextOf } from './context.ts';
import { withEngine } from './runs/engine.ts';
import { finishOpenRun } from './runs/open-run.ts';
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
  await refuseUnsound(context, sync, options);
  return withEngine(context, async (engine) => {
    const wait = options.wait === true || engine.isTemporary;
    if (wait && options.wait !== true)
      context.progress.note('No stack is up: it is started for this run, which is followed to its end.');
    const once = options.id === undefined ? null : await onceFor(engine, sync, options.id, requestOf(options));
    const started = once?.started ?? (await start(context, engine, sync, options, { wait, run: once?.run }));
    if (wait) return await follow(context, engine, sync, started, options);
    return announce(context, sync, started, once?.started ? 'started before' : 'started');
  });
}

/** A run that is only started has to answer at once: the project is read only where it has changed since its last check. */
async function refuseUnsound(context: CliContext, sync: string, { wait }: RunOptions): Promise<void> {
  if (wait !== true && (await wasSound(context.projectFolder, context.env, sync))) return;
  const { checkedSync } = await import('./runs/checked.ts');
  await checkedSync(context, sync);
}

async function start(
  context: CliContext,
  engine: Engine,
  sync: string,
  options: RunOptions,
  { wait, run = newRunId(new Date()) }: { readonly wait: boolean; readonly run: string | undefined },
) {
  await refusePaused(engine, sync);
  await finishOpenRun(context, engine, sync);
  const range = options.from === undefined ? undefined : await rewound(context, engine, sync, options);
  const planned = options.plan === undefined ? {} : await keepToPlan(context, engine.ledger, sync, options.plan, run);
  if (wait && (await engine.ensureWorker())) context.progress.note('No worker was up: one is started for this run.');
  return startOnce(engine, {
    sync,
    run,
    full: options.full === true,
    trigger: [
      'cli',
      ...(options.id ? [`id ${options.id}`] : []),
      ...(options.plan ? [`plan ${options.plan}`] : []),
    ].join(', '),
    ...planned,
    ...(range && { range }),
    uiUrl: engine.uiUrl,
  });
}

/** What decides whether a repeated id asks for the same again. */
const requestOf = ({ full, from, plan }: RunOptions): string =>
  JSON.stringify({ full: full === true, from: from ?? null, plan: plan ?? null });

/** From where a run reads again, once a person has said yes to what that means. Nothing is cleared by it. */
async function rewound(
  context: CliContext,
  engine: Engine,
  sync: string,
  { from = '', yes }: RunOptions,
): Promise<ReadRange> {
  const { checkedSync } = await import('./runs/checked.ts');
  const loaded = await checkedSync(context, sync);
  if (loaded.mode === 'full') throw refusal('NO_POSITIONS', `every run of \`${sync}\` reads everything`);
  const range = { since: await positionOf(engine, loaded, '--from', from, Date.now()) };
  if (yes === true) return range;
  throw refusal(
    'NOT_CONFIRMED',
    `it would read again ${rereadingWords(await rereading(engine, sync, range))}; nothing is cleared, and what did not change is not sent`,
    { todo: 'Add --yes to do it.' },
  );
}

/** A run of a paused sync would wait: whoever starts one by hand is told so instead. */
async function refusePaused(engine: Engine, sync: string): Promise<void> {
  const standing = (await engine.ledger.standings.all()).find((one) => one.sync === sync);
  if (!standing?.pausedAt) return;
  throw refusal(
    'SYNC_PAUSED',
    `\`${sync}\` is paused since ${standing.pausedAt}${standing.pauseNote ? `: ${standing.pauseNote}` : ''}`,
    { todo: '{run.resume}', about: { sync } },
  );
}
