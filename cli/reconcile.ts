import process from 'node:process';
import { Command } from 'commander';
import { type Comparison, compareSync } from '../activities/compare-sync.ts';
import type { Counts } from '../model/batch.ts';
import { type ExitCode, exitCode } from '../model/exit-code.ts';
import { commandContext, inCallContext } from '../platform/journal/context.ts';
import { createLog } from '../platform/log.ts';
import { checkProject } from '../platform/project/load.ts';
import { soundSync } from '../platform/project/sound-sync.ts';
import { createWorld } from '../workers/world.ts';
import { type CliContext, contextOf } from './context.ts';
import { CommandFailed } from './errors.ts';
import type { Out } from './output/out.ts';
import { type Engine, withEngine } from './runs/engine.ts';
import { followRun } from './runs/follow.ts';
import { interruption } from './runs/interruption.ts';
import { newRunId, startRun } from './runs/start.ts';

export function reconcileCommand(): Command {
  return new Command('reconcile')
    .summary('compare everything that was delivered with the destination')
    .description(
      'Compares each record that the ledger says was delivered with what the destination has now. A PostgreSQL ' +
        'destination with `verify: checksums` compares sums of buckets and looks only into those that differ; other ' +
        'destinations are read back. With --repair what is missing or different is delivered again, and nothing else.',
    )
    .argument('<sync>', 'name of a file in syncs/')
    .option('--repair', 'read what is missing or different again by key, deliver it, and compare once more')
    .addHelpText(
      'after',
      `
Examples:
  syncline reconcile orders-to-invoices
  syncline reconcile orders-to-invoices --repair
  syncline reconcile orders-to-invoices --json | jq '.different'

Ends with 0 when both sides agree, 1 when they differ, after the repair if one was asked for; 7 when a run is open.
Records of the destination that this sync did not write are counted as extra; they are never removed.`,
    )
    .action(async (sync: string, flags: { readonly repair?: boolean }, command: Command) => {
      process.exitCode = await reconcile(contextOf(command), sync, flags.repair === true);
    });
}

/** What a repair did. */
interface Repair {
  readonly marked: number;
  readonly givenUp: number;
  /** Are no longer at the source. */
  readonly gone: number;
  readonly run: string | null;
  readonly counts: Counts | null;
  readonly after: Comparison;
}

async function reconcile(context: CliContext, sync: string, wantsRepair: boolean): Promise<ExitCode> {
  soundSync(await checkProject(context.projectFolder, context.env), sync);
  return withEngine(context, async (engine) => {
    const comparison = await compare(context, engine, sync);
    if (comparison.by === 'nothing') throw unreadable(sync);
    const faults = comparison.missing.length + comparison.different.length;
    const repaired = wantsRepair && faults > 0 ? await repair(context, engine, sync, comparison) : null;
    const document = { ...documentOf(comparison), repair: repaired && repairDocument(repaired) };
    context.out.result(document, () => print(context.out, comparison, repaired));
    const { missing, different } = repaired?.after ?? comparison;
    if (missing.length + different.length === 0 && (await engine.ledger.recovery.end(sync)))
      context.progress.note('Both sides agree: the recovery is over, and deletes go on with the next run.');
    return missing.length + different.length === 0 ? exitCode.ok : exitCode.failed;
  });
}

const unreadable = (sync: string): CommandFailed =>
  new CommandFailed(
    'NOT_READABLE',
    `the destination of \`${sync}\` cannot be read, so nothing can be compared`,
    exitCode.failed,
    'Give its options a look-up (docs/connectors.md).',
  );

async function compare(context: CliContext, engine: Engine, sync: string): Promise<Comparison> {
  const checked = await checkProject(context.projectFolder, context.env);
  const world = createWorld(
    checked.project?.folder ?? context.projectFolder,
    context.env,
    createLog('silent'),
    engine.ledger,
  );
  const interrupted = interruption('the comparison was not finished; nothing was changed');
  try {
    return await context.progress.step(`Comparing ${sync}`, (tell) =>
      inCallContext(commandContext('reconcile'), () =>
        compareSync({ world, ledger: engine.ledger }, soundSync(checked, sync), {
          signal: interrupted.signal,
          tell: ({ checked: done, of }) => tell({ done, total: of, detail: `${done.toLocaleString('en')} records` }),
        }),
      ),
    );
  } finally {
    interrupted.dispose();
    await world.close();
  }
}

/** Through the normal delivery: what is marked counts as changed for the run that follows. */
async function repair(context: CliContext, engine: Engine, sync: string, found: Comparison): Promise<Repair> {
  const { syncId } = await engine.ledger.plans.standing(sync);
  const run = newRunId(new Date());
  const marked = await engine.ledger.compare.markForRepair(syncId, [...found.missing, ...found.different], run);
  if (marked.marked === 0) return { ...marked, gone: 0, run: null, counts: null, after: found };
  if (await engine.ensureWorker()) context.progress.note('No worker was up: one is started for the repair.');
  const { uiUrl } = engine.stack;
  const started = await startRun(engine.client, engine.taskQueue, {
    sync,
    run,
    full: false,
    from: 'repair',
    trigger: 'repair',
    uiUrl,
  });
  const interrupted = interruption('no longer followed; the repair itself was not ended');
  const { end, last } = await followRun(engine.client, started.workflowId, {
    title: `Repairing ${sync}`,
    progress: context.progress,
    untilMs: Number.POSITIVE_INFINITY,
    signal: interrupted.signal,
    onSilence: async () => {
      context.progress.note('No worker answers: one is started for the repair.');
      await engine.startWorker();
    },
  }).finally(interrupted.dispose);
  const summary = await engine.ledger.reports.run(started.run);
  if (end === 'parked' || !(summary?.status === 'succeeded' || summary?.status === 'partial')) {
    const why = last.state?.parked?.code ?? summary?.failureCode ?? 'it did not open';
    throw new CommandFailed('REPAIR_FAILED', `run ${started.run}: ${why}`, exitCode.failed, `syncline status ${sync}`);
  }
  const gone = marked.marked - (summary.counts?.fetched ?? 0);
  if (gone > 0)
    await engine.ledger.compare.forgetGone(
      syncId,
      found.missing.map(({ key }) => key),
    );
  return { ...marked, gone, run, counts: summary.counts, after: await compare(context, engine, sync) };
}

const SAMPLES = 20;

const documentOf = ({ missing, different, extraSamples, ...rest }: Comparison): object => ({
  ...rest,
  missing: missing.length,
  different: different.length,
  samples: {
    missing: missing.slice(0, SAMPLES).map(({ key }) => key),
    different: different.slice(0, SAMPLES).map(({ key }) => key),
    extra: extraSamples,
  },
});

const repairDocument = ({ after, ...rest }: Repair): object => ({ ...rest, after: documentOf(after) });

function print(out: Out, comparison: Comparison, repaired: Repair | null): void {
  printComparison(out, comparison);
  if (repaired === null) {
    if (comparison.missing.length + comparison.different.length > 0)
      out.line(`Mend it: ${out.style.name(`syncline reconcile ${comparison.sync} --repair`)}`);
    return;
  }
  out.line();
  out.line(
    `Repair: ${number(repaired.marked)} records delivered again${repaired.run ? ` by run ${repaired.run}` : ''}.`,
  );
  if (repaired.gone > 0)
    out.line(
      `${number(repaired.gone)} of them are gone from the source: a full run of a sync that deletes deals with them.`,
    );
  if (repaired.givenUp > 0)
    out.line(
      out.style.doubtful(
        `${number(repaired.givenUp)} were repaired twice before and differ still: the destination does not keep what it is given.`,
      ),
    );
  if (repaired.run !== null) printComparison(out, repaired.after);
}

function printComparison(out: Out, found: Comparison): void {
  const faults = found.missing.length + found.different.length;
  const words = `${number(found.checked)} delivered records compared: ${number(found.missing.length)} missing, ${number(found.different.length)} different, ${number(found.extra)} extra`;
  out.line(faults === 0 ? out.style.good(words) : out.style.bad(words));
  const { sums, keys, records } = found.transferred;
  out.line(
    out.style.faint(
      `By ${found.by}; the destination sent ${number(sums)} sums, ${number(keys)} keys, ${number(records)} records.`,
    ),
  );
  const samples: (readonly [string, readonly string[]])[] = [
    ['missing', found.missing.map(({ key }) => key)],
    ['different', found.different.map(({ key }) => key)],
    ['extra', found.extraSamples],
  ];
  const rows = samples.flatMap(([what, keys]) => keys.slice(0, SAMPLES).map((key) => [what, key]));
  if (rows.length === 0) return;
  out.line();
  out.table([{ title: 'WHAT' }, { title: 'KEY', paint: out.style.name }], rows);
}

const number = (value: number): string => value.toLocaleString('en');
