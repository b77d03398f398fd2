import type { Seen, SyncSeen } from './gather.ts';
import { behindMs, runStatusOf, statusOf } from './words.ts';

/** A sync with its latest run, for programs. */
export const syncDocument = (seen: SyncSeen): object => ({
  sync: seen.sync,
  ...(seen.runs[0] && runDocument(seen.runs[0])),
  status: statusOf(seen),
  ...standingDocument(seen),
});

export const standingDocument = (seen: SyncSeen): object => ({
  pausedAt: seen.standing?.pausedAt ?? null,
  pauseNote: seen.standing?.pauseNote ?? null,
  behindMs: behindMs(seen, Date.now()),
  lastGood: seen.standing?.lastGood ?? null,
  lastFailure: seen.standing?.lastFailure ?? null,
  idleTicks: seen.standing?.idleTicks ?? null,
});

export const runDocument = (run: Seen): object => ({
  status: runStatusOf(run),
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
  batches: run.live?.state?.batches ?? null,
  parked: run.live?.state?.parked ?? null,
  waiting: run.live?.waiting ?? null,
});
