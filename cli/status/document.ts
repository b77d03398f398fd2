import type { Seen, SyncSeen } from '../../operations/contracts/sync-seen.ts';

/** A sync with its latest run, for programs. */
export const syncDocument = (seen: SyncSeen): object => ({
  sync: seen.sync,
  ...(seen.runs[0] && runDocument(seen.runs[0])),
  status: seen.status,
  ...standingDocument(seen),
});

export const standingDocument = ({ behindMs, standing }: SyncSeen): object => ({
  pausedAt: standing?.pausedAt ?? null,
  pauseNote: standing?.pauseNote ?? null,
  behindMs,
  lastGood: standing?.lastGood ?? null,
  lastFailure: standing?.lastFailure ?? null,
  idleTicks: standing?.idleTicks ?? null,
});

export const runDocument = ({ status, summary, live }: Seen): object => ({
  status,
  run: summary.run,
  workflowId: summary.workflowId,
  mode: summary.mode,
  trigger: summary.trigger,
  startedAt: summary.startedAt,
  endedAt: summary.endedAt,
  counts: live?.state?.counts ?? summary.counts,
  reconciled: summary.reconciled,
  failure: summary.failureCode === null ? null : { code: summary.failureCode, message: summary.failure },
  stage: live?.state?.stage ?? null,
  batches: live?.state?.batches ?? null,
  parked: live?.state?.parked ?? null,
  waiting: live?.waiting ?? null,
});
