import { SyncFailure } from '../model/failure/failure.ts';
import type { Notice } from '../model/sync/notice.ts';
import type { LoadedSync } from '../model/sync/project.ts';
import { repeatsBlindly } from '../model/sync/recovery.ts';
import type { LedgerState } from '../platform/ledger/runs/ledger-state.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Temporal remembers the runs of a sync apart from the ledger. When the last one that it saw end well is none that the
 * ledger knows, the ledger is an older copy, or a new one: it may know less than the destination, and the sync recovers by
 * itself. Throws LEDGER_OLDER where that could repeat what was delivered, which is a person's decision. Safe to repeat.
 */
export async function noticeOlderLedger(
  deps: Dependencies,
  loaded: LoadedSync,
  run: string,
  state: LedgerState,
): Promise<void> {
  const { ledger, seenLedgers } = deps;
  if (!state.recovering && !seenLedgers.goesOn(loaded.name, state)) {
    // What ended before an earlier recovery is accounted for by that.
    const last = await deps.lastEndedWell(loaded.name, state.recoveredAt);
    if (last !== undefined && !(await ledger.runs.endedWell(last))) {
      if (repeatsBlindly(loaded.openDestination(deps.world))) throw olderLedger(last);
      // First: an attempt that comes after the recovery began no longer asks.
      await ledger.notices.note(run, 0, [noticeOf(last)]);
      await ledger.recovery.beginOf(run);
      deps.log.warn({ sync: loaded.name, run, unknown: last }, 'the ledger is older than the destination: recovering');
    }
  }
  seenLedgers.note(loaded.name, state);
}

const noticeOf = (last: string): Notice => ({
  code: 'LEDGER_OLDER',
  subject: last,
  records: 0,
  detail: `the ledger does not know ${last}, which ended well: each record is looked at before it is written`,
});

const olderLedger = (last: string): SyncFailure =>
  new SyncFailure(
    'LEDGER_OLDER',
    `the ledger does not know ${last}, which ended well, and the destination cannot be asked`,
    {
      effect: 'none',
    },
  );
