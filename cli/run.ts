import { Command, InvalidArgumentError } from 'commander';
import { noCounts, type RunReport } from '../model/batch.ts';
import { DURATION_GRAMMAR, formatDuration, parseDurationMs } from '../model/duration.ts';
import { type ExitCode, exitCode, exitCodeOf } from '../model/exit-code.ts';
import { type FailureCode, failures, isFailureCode, SyncFailure } from '../model/failure.ts';
import type { LoadedSync } from '../model/project.ts';
import type { ReadRange } from '../model/range.ts';
import type { RunSummary } from '../platform/ledger/reports.ts';
import { checkProject } from '../platform/project/load.ts';
import { soundSync } from '../platform/project/sound-sync.ts';
import { type CliContext, contextOf } from './context.ts';
import { CommandFailed } from './errors.ts';
import { printDrift } from './runs/drift.ts';
import { type Engine, openEngine } from './runs/engine.ts';
import { followRun } from './runs/follow.ts';
import { interruption } from './runs/interruption.ts';
import { finishOpenRun } from './runs/open-run.ts';
import { plannedRun } from './runs/planned.ts';
import { positionOf, rereading, rereadingWords } from './runs/position.ts';
import { printRun } from './runs/report.ts';
import { type StartedRun, startRun } from './runs/start.ts';

interface RunOptions {
  readonly wait?: boolean;
  readonly full?: boolean;
  /** A position, as it was written. */
  readonly from?: string;
  readonly yes?: boolean;
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
    .option('--plan <hash>', 'do exactly what `syncline plan` said under this hash, or refuse')
    .option('--timeout <duration>', 'with --wait: stop following after this long; the run goes on', durationMs)
    .addHelpText(
      'after',
      `
Examples:
  syncline run orders-to-invoices                  start it and come back at once
  syncline run orders-to-invoices --wait           and show it until it ends
  syncline run orders-to-invoices --wait --json    for programs: counts as one document
  syncline run orders-to-invoices --full --wait    read everything again; what did not change is not sent
  syncline run orders-to-invoices --from '2 days'  what it would read again; --yes does it

With --wait the exit code is 0 succeeded, 4 partial (records in quarantine), 1 failed or waiting for a person,
7 when another run is open, 8 when --timeout is over.`,
    )
    .action(async (sync: string, options: RunOptions, command: Command) => {
      process.exitCode = await run(contextOf(command), sync, options);
    });
}

function durationMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError(`expected ${DURATION_GRAMMAR}`);
  return ms;
}

async function run(context: CliContext, sync: string, options: RunOptions): Promise<ExitCode> {
  const loaded = soundSync(await checkProject(context.projectFolder, context.env), sync);
  const engine = await openEngine(context);
  try {
    const wait = options.wait === true || engine.stack.owned;
    if (wait && options.wait !== true)
      context.progress.note('No stack is up: it is started for this run, which is followed to its end.');
    await finishOpenRun(context, engine, sync);
    const range = options.from === undefined ? undefined : await rewound(engine, loaded, options.from, options.yes);
    const planned = options.plan === undefined ? {} : await plannedRun(context, engine, sync, options.plan);
    if (wait && (await engine.ensureWorker())) context.progress.note('No worker was up: one is started for this run.');
    const started = await startRun(engine.client, engine.taskQueue, {
      sync,
      full: options.full === true,
      trigger: options.plan === undefined ? 'cli' : `cli, plan ${options.plan}`,
      ...planned,
      ...(range && { range }),
      uiUrl: engine.stack.uiUrl,
    });
    if (!wait) return announce(context, sync, started);
    return await follow(context, engine, sync, started, options);
  } finally {
    await engine.close();
  }
}

/** From where a run reads again, once a person has said yes to what that means. Nothing is cleared by it. */
async function rewound(engine: Engine, loaded: LoadedSync, from: string, yes = false): Promise<ReadRange> {
  if (loaded.mode === 'full')
    throw new CommandFailed('NO_POSITIONS', `every run of \`${loaded.name}\` reads everything`, exitCode.usage);
  const range = { since: await positionOf(engine, loaded, '--from', from, Date.now()) };
  if (yes) return range;
  throw new CommandFailed(
    'NOT_CONFIRMED',
    `it would read again ${rereadingWords(await rereading(engine, loaded.name, range))}; nothing is cleared, and what did not change is not sent`,
    exitCode.usage,
    'Add --yes to do it.',
  );
}

export function announce({ out }: CliContext, sync: string, started: StartedRun): ExitCode {
  out.result({ sync, ...started, status: 'started' }, () => {
    out.line(`${sync} started as run ${out.style.name(started.run)}`);
    if (started.url) out.line(started.url);
    out.line(out.style.faint(`syncline status ${sync} says how it goes.`));
  });
  return exitCode.ok;
}

async function expectation(engine: Engine, sync: string): Promise<{ expectedRecords?: number }> {
  const runs = await engine.ledger.reports.latestRuns(sync);
  const full = runs.find(({ mode, status }) => mode === 'full' && (status === 'succeeded' || status === 'partial'));
  return full?.counts ? { expectedRecords: full.counts.fetched } : {};
}

/** Shows the run to its end and prints what came of it. Throws when it waits for a person, or the time is up. */
export async function follow(
  context: CliContext,
  engine: Engine,
  sync: string,
  started: StartedRun,
  options: Pick<RunOptions, 'timeout'>,
): Promise<ExitCode> {
  if (started.url) context.progress.note(`Run ${started.run}: ${started.url}`);
  // Ctrl-C ends the following, not the run.
  const interrupted = interruption('no longer followed; the run itself was not ended');
  const { end, last } = await followRun(engine.client, started.workflowId, {
    title: sync,
    progress: context.progress,
    ...(await expectation(engine, sync)),
    untilMs: options.timeout === undefined ? Number.POSITIVE_INFINITY : Date.now() + options.timeout,
    signal: interrupted.signal,
    onSilence: async () => {
      context.progress.note('No worker answers: one is started for this run.');
      await engine.startWorker();
    },
  }).finally(interrupted.dispose);
  if (end === 'timeout') {
    throw new CommandFailed(
      'TIMEOUT',
      `the run has not ended within ${formatDuration(options.timeout ?? 0)}; it goes on`,
      exitCode.timeout,
      `syncline status ${sync}`,
    );
  }
  if (end === 'parked' && last.state?.parked) {
    const { code, message, step } = last.state.parked;
    const known: FailureCode = isFailureCode(code) ? code : 'INTERNAL';
    throw new CommandFailed(
      code,
      `the run waits for a person in ${step}: ${message}`,
      exitCode.failed,
      `${failures[known].meaning} ${failures[known].todo}`,
    );
  }
  const summary = await engine.ledger.reports.run(started.run);
  if (!summary?.endedAt) throw await endedWithoutLedger(engine, started);
  const quarantine = await engine.ledger.quarantine.byReason(started.run);
  const drift = await engine.ledger.drift.ofRun(started.run);
  const document = {
    ...reportOf(summary),
    workflowId: started.workflowId,
    url: started.url,
    quarantine,
    drift,
    failure: failureOf(summary),
  };
  context.out.result(document, () => {
    printRun(context.out, summary, quarantine);
    printDrift(context.out, drift);
  });
  return exitOf(summary);
}

const reportOf = (summary: RunSummary): Omit<RunReport, 'status'> & { status: string } => ({
  sync: summary.sync,
  run: summary.run,
  status: summary.status,
  counts: summary.counts ?? noCounts,
  reconciled: summary.reconciled ?? { checked: 0, missing: 0, extra: 0, different: 0 },
});

const failureOf = ({ failureCode, failure }: RunSummary) =>
  failureCode === null ? null : { code: failureCode, message: failure };

function exitOf({ status, failureCode }: RunSummary): ExitCode {
  if (status === 'succeeded') return exitCode.ok;
  if (status === 'partial') return exitCode.partial;
  return isFailureCode(failureCode) ? exitCodeOf(failureCode) : exitCode.failed;
}

/** A run that never opened has left nothing in the ledger: its workflow says why. */
async function endedWithoutLedger(engine: Engine, started: StartedRun): Promise<Error> {
  try {
    await engine.client.workflow.getHandle(started.workflowId).result();
  } catch (error) {
    for (let at: unknown = error; at instanceof Error; at = at.cause) {
      const type = 'type' in at ? at.type : undefined;
      if (isFailureCode(type)) return new SyncFailure(type, at.message);
    }
  }
  return new CommandFailed(
    'RUN_FAILED',
    'the run ended without a result',
    exitCode.failed,
    started.url ?? started.workflowId,
  );
}
