import { Command } from 'commander';
import { formatDuration } from '../model/duration.ts';
import { exitCode } from '../model/exit-code.ts';
import type { RunSummary } from '../platform/ledger/reports.ts';
import { checkProject } from '../platform/project/load.ts';
import { soundSync } from '../platform/project/sound-sync.ts';
import { type CliContext, contextOf } from './context.ts';
import { safeText } from './output/text.ts';
import { printDrift } from './runs/drift.ts';
import { type Engine, openEngine } from './runs/engine.ts';
import { waitingWords } from './runs/follow.ts';
import { type Observed, observeRun } from './runs/observe.ts';
import { paintStatus, printRun } from './runs/report.ts';

export function statusCommand(): Command {
  return new Command('status')
    .summary('say how the syncs are: what runs, what waits and why, what failed')
    .description(
      'Without a sync: one line for each sync of the project. With one: its last runs, and the open one in detail: ' +
        'stage, counts, what it waits for and until when, and what a person can do.',
    )
    .argument('[sync]', 'name of a file in syncs/')
    .addHelpText(
      'after',
      `
Examples:
  syncline status                         every sync on one line
  syncline status orders-to-invoices      its last runs, the open one in detail
  syncline status --json | jq '.syncs[] | select(.status == "failed")'`,
    )
    .action(async (sync: string | undefined, _options: unknown, command: Command) => {
      await status(contextOf(command), sync);
    });
}

/** A run with, while it is open, what it does right now. */
interface Seen {
  readonly summary: RunSummary;
  readonly live: Observed | null;
}

async function status(context: CliContext, sync: string | undefined): Promise<void> {
  const checked = await checkProject(context.projectFolder, context.env);
  if (sync !== undefined) soundSync(checked, sync);
  const names = [...(checked.project?.syncs.keys() ?? [])];
  const engine = await openEngine(context);
  try {
    const runs = await engine.ledger.reports.latestRuns(sync);
    const seen = await Promise.all(runs.map((summary) => look(engine, summary)));
    if (sync === undefined) printAll(context, names, seen);
    else await printOne(context, engine, sync, seen);
  } finally {
    await engine.close();
  }
  process.exitCode = exitCode.ok;
}

async function look(engine: Engine, summary: RunSummary): Promise<Seen> {
  if (summary.endedAt !== null) return { summary, live: null };
  return { summary, live: await observeRun(engine.client, summary.workflowId).catch(() => null) };
}

/** The status to show: of an open run what it does, of one whose workflow has vanished that it was lost. */
function statusOf({ summary, live }: Seen): string {
  if (summary.endedAt !== null) return summary.status;
  if (live === null || live.status !== 'RUNNING') return 'abandoned';
  if (live.state?.parked) return 'parked';
  if (live.state?.paused) return 'paused';
  return live.waiting ? 'waiting' : 'running';
}

function reasonOf({ summary, live }: Seen): string {
  if (live?.state?.parked) return `${live.state.parked.code}: ${live.state.parked.message}`;
  if (live?.waiting) return waitingWords(live.waiting);
  return summary.failureCode === null ? '' : `${summary.failureCode}: ${summary.failure ?? ''}`;
}

function printAll({ out }: CliContext, names: readonly string[], seen: readonly Seen[]): void {
  const bySync = new Map(seen.map((run) => [run.summary.sync, run]));
  const all = names.map((name) => ({ name, seen: bySync.get(name) }));
  const document = {
    syncs: all.map(({ name, seen: run }) => ({ sync: name, ...(run ? documentOf(run) : { status: 'never run' }) })),
  };
  out.result(document, () => {
    out.table(
      [
        { title: 'SYNC', paint: out.style.name },
        { title: 'STATUS' },
        { title: 'LAST RUN' },
        { title: 'FETCHED' },
        { title: 'DELIVERED' },
        { title: 'SET ASIDE' },
        { title: 'WHY' },
      ],
      all.map(({ name, seen: run }) => (run ? rowOf(name, run) : [name, 'never run', '', '', '', '', ''])),
    );
  });
}

function rowOf(name: string, run: Seen): string[] {
  const counts = run.live?.state?.counts ?? run.summary.counts;
  const number = (value: number | undefined) => value?.toLocaleString('en') ?? '';
  const ago = `${formatDuration(Date.now() - Date.parse(run.summary.startedAt))} ago`;
  return [
    name,
    statusOf(run),
    ago,
    number(counts?.fetched),
    number(counts?.delivered),
    number(counts?.quarantined),
    safeText(reasonOf(run)),
  ];
}

const documentOf = (run: Seen): object => ({
  status: statusOf(run),
  run: run.summary.run,
  workflowId: run.summary.workflowId,
  mode: run.summary.mode,
  trigger: run.summary.trigger,
  startedAt: run.summary.startedAt,
  endedAt: run.summary.endedAt,
  counts: run.live?.state?.counts ?? run.summary.counts,
  reconciled: run.summary.reconciled,
  failure: run.summary.failureCode === null ? null : { code: run.summary.failureCode, message: run.summary.failure },
  stage: run.live?.state?.stage ?? null,
  parked: run.live?.state?.parked ?? null,
  waiting: run.live?.waiting ?? null,
});

async function printOne({ out }: CliContext, engine: Engine, sync: string, seen: readonly Seen[]): Promise<void> {
  const [latest] = seen;
  const quarantine = latest ? await engine.ledger.quarantine.byReason(latest.summary.run) : [];
  const drift = latest ? await engine.ledger.drift.ofRun(latest.summary.run) : [];
  out.result({ sync, runs: seen.map(documentOf), quarantine, drift }, () => {
    if (!latest) return out.line(`${sync} has never run. Start it: syncline run ${sync}`);
    if (latest.summary.endedAt === null) {
      out.line(`${out.style.strong(sync)} ${paintStatus(out.style, statusOf(latest))} (run ${latest.summary.run})`);
      const reason = reasonOf(latest);
      if (reason) out.line(safeText(reason));
      if (latest.live?.state?.parked) out.line(`Next: syncline retry ${sync}, or syncline cancel ${sync}`);
    } else printRun(out, latest.summary, quarantine);
    printDrift(out, drift);
    if (seen.length < 2) return;
    out.line();
    out.table(
      [
        { title: 'RUN', paint: out.style.name },
        { title: 'STATUS' },
        { title: 'STARTED' },
        { title: 'FETCHED' },
        { title: 'DELIVERED' },
        { title: 'SET ASIDE' },
        { title: 'WHY' },
      ],
      seen.slice(1).map((run) => rowOf(run.summary.run, run)),
    );
  });
}
