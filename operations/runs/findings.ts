import type { Ledger } from '../../platform/ledger/ledger.ts';

/** What a run found beside its counts: what it set aside, how its source differed, and what was odd. */
export const findingsOf = async ({ quarantine, drift, notices }: Ledger, run: string) => ({
  quarantine: await quarantine.byReason(run),
  drift: await drift.ofRun(run),
  notices: await notices.ofRun(run),
});
