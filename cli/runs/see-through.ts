import { type ExitCode, exitCode } from '../../model/failure/exit-code.ts';
import { exitCodeOf, type FailureCode, isFailureCode, refusal } from '../../model/failure/failure.ts';
import { noCounts, nothingChecked } from '../../model/sync/batch.ts';
import { whereOf } from '../../model/sync/steering.ts';
import { formatDuration } from '../../model/text/duration.ts';
import type { Engine } from '../../operations/engine.ts';
import { followToEnd } from '../../operations/runs/follow-to-end.ts';
import type { StartedRun } from '../../operations/runs/start.ts';
import type { CliContext } from '../context.ts';
import { printDrift } from './drift.ts';
import { printNotices } from './notices.ts';
import { printRun } from './report.ts';
import { RunParked } from './run-parked.ts';

/** Says which run was started, and where to look at it. */
export function announce(
  { out }: CliContext,
  sync: string,
  { run, workflowId, url }: StartedRun,
  status: 'started' | 'started before' = 'started',
): ExitCode {
  out.result({ sync, run, workflowId, url, status }, () => {
    out.line(`${sync} ${status === 'started' ? 'started' : 'was started before'} as run ${out.style.name(run)}`);
    if (url) out.line(url);
    out.line(out.style.faint(`syncline status ${sync} says how it goes.`));
  });
  return exitCode.ok;
}

type Followed = Awaited<ReturnType<typeof followToEnd.perform>>;
type Ended = Extract<Followed, { readonly end: 'ended' }>;
type Parked = Extract<Followed, { readonly end: 'parked' }>;

/** Shows the run to its end and prints what came of it. Throws when it waits for a person, or the time is up. */
export async function follow(
  context: CliContext,
  engine: Engine,
  sync: string,
  { run, url }: StartedRun,
  /** Milliseconds. */
  { timeout }: { readonly timeout?: number },
): Promise<ExitCode> {
  if (url) context.progress.note(`Run ${run}: ${url}`);
  const request = { ...context, engine: async () => engine };
  const followed = await followToEnd.perform(request, { sync, run, timeoutMs: timeout ?? null });
  if (followed.end === 'timeout')
    throw refusal('TIMEOUT', `the run has not ended within ${formatDuration(timeout ?? 0)}; it goes on`, {
      todo: '{status}',
      about: { sync },
    });
  if (followed.end === 'parked') throw waits(followed);
  return report(context, followed);
}

function waits({ sync, parked }: Parked): RunParked {
  const known: FailureCode = isFailureCode(parked.code) ? parked.code : 'INTERNAL';
  return new RunParked(known, `the run waits for a person in ${whereOf(parked)}: ${parked.message}`, sync);
}

function report({ out }: CliContext, { summary, workflowId, url, quarantine, drift, notices }: Ended): ExitCode {
  const document = {
    sync: summary.sync,
    run: summary.run,
    status: summary.status,
    counts: summary.counts ?? noCounts,
    reconciled: summary.reconciled ?? nothingChecked,
    workflowId,
    url,
    quarantine,
    drift,
    notices,
    failure: summary.failureCode === null ? null : { code: summary.failureCode, message: summary.failure },
  };
  out.result(document, () => {
    printRun(out, summary, quarantine);
    printNotices(out, notices);
    printDrift(out, drift);
  });
  return exitOf(summary);
}

function exitOf({ status, failureCode }: Ended['summary']): ExitCode {
  if (status === 'succeeded') return exitCode.ok;
  if (status === 'partial') return exitCode.partial;
  return isFailureCode(failureCode) ? exitCodeOf(failureCode) : exitCode.failed;
}
