import { type ExitCode, exitCode } from '../../model/failure/exit-code.ts';
import { exitCodeOf, type FailureCode, isFailureCode, refusal, SyncFailure } from '../../model/failure/failure.ts';
import { noCounts, nothingChecked, type RunReport } from '../../model/sync/batch.ts';
import { whereOf } from '../../model/sync/steering.ts';
import { formatDuration } from '../../model/text/duration.ts';
import type { Engine } from '../../operations/engine.ts';
import { expectedRecords } from '../../operations/runs/expected.ts';
import { followRun } from '../../operations/runs/follow.ts';
import type { StartedRun } from '../../operations/runs/start.ts';
import type { RunSummary } from '../../platform/ledger/runs/reports.ts';
import type { CliContext } from '../context.ts';
import { printDrift } from './drift.ts';
import { interruption } from './interruption.ts';
import { printNotices } from './notices.ts';
import { printRun } from './report.ts';
import { RunParked } from './run-parked.ts';

/** Says which run was started, and where to look at it. */
export function announce(
  { out }: CliContext,
  sync: string,
  started: StartedRun,
  status: 'started' | 'started before' = 'started',
): ExitCode {
  out.result({ sync, ...started, status }, () => {
    out.line(
      `${sync} ${status === 'started' ? 'started' : 'was started before'} as run ${out.style.name(started.run)}`,
    );
    if (started.url) out.line(started.url);
    out.line(out.style.faint(`syncline status ${sync} says how it goes.`));
  });
  return exitCode.ok;
}

/** Shows the run to its end and prints what came of it. Throws when it waits for a person, or the time is up. */
export async function follow(
  context: CliContext,
  engine: Engine,
  sync: string,
  started: StartedRun,
  /** Milliseconds. */
  options: { readonly timeout?: number },
): Promise<ExitCode> {
  if (started.url) context.progress.note(`Run ${started.run}: ${started.url}`);
  // Ctrl-C ends the following, not the run.
  const interrupted = interruption('no longer followed; the run itself was not ended');
  const expected = expectedRecords(await engine.ledger.reports.latestRuns(sync));
  const { end, last } = await followRun(engine.client, started.workflowId, {
    title: sync,
    progress: context.progress,
    ...(expected !== undefined && { expectedRecords: expected }),
    untilMs: options.timeout === undefined ? Number.POSITIVE_INFINITY : Date.now() + options.timeout,
    signal: interrupted.signal,
    onSilence: async () => {
      context.progress.note('No worker answers: one is started for this run.');
      await engine.startWorker();
    },
  }).finally(interrupted.dispose);
  if (end === 'timeout') {
    throw refusal('TIMEOUT', `the run has not ended within ${formatDuration(options.timeout ?? 0)}; it goes on`, {
      todo: '{status}',
      about: { sync },
    });
  }
  if (end === 'parked' && last.state?.parked) {
    const { code, message } = last.state.parked;
    const known: FailureCode = isFailureCode(code) ? code : 'INTERNAL';
    throw new RunParked(known, `the run waits for a person in ${whereOf(last.state.parked)}: ${message}`, sync);
  }
  const summary = await engine.ledger.reports.run(started.run);
  if (!summary?.endedAt) throw await endedWithoutLedger(engine, started);
  const quarantine = await engine.ledger.quarantine.byReason(started.run);
  const drift = await engine.ledger.drift.ofRun(started.run);
  const notices = await engine.ledger.notices.ofRun(started.run);
  const document = {
    ...reportOf(summary),
    workflowId: started.workflowId,
    url: started.url,
    quarantine,
    drift,
    notices,
    failure: failureOf(summary),
  };
  context.out.result(document, () => {
    printRun(context.out, summary, quarantine);
    printNotices(context.out, notices);
    printDrift(context.out, drift);
  });
  return exitOf(summary);
}

const reportOf = (summary: RunSummary): Omit<RunReport, 'status'> & { status: string } => ({
  sync: summary.sync,
  run: summary.run,
  status: summary.status,
  counts: summary.counts ?? noCounts,
  reconciled: summary.reconciled ?? nothingChecked,
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
  return refusal('RUN_FAILED', 'the run ended without a result', { todo: started.url ?? started.workflowId });
}
