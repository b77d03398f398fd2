import { isFailureCode } from '../../model/failure/failure.ts';
import { formatDuration } from '../../model/text/duration.ts';
import type { QuarantineGroup } from '../../platform/ledger/quarantine/entries.ts';
import type { RunSummary } from '../../platform/ledger/runs/reports.ts';
import type { Out } from '../../platform/terminal/out.ts';
import type { Style } from '../../platform/terminal/style.ts';
import { safeText } from '../../platform/terminal/text.ts';
import { adviceLines } from './advice-lines.ts';

/** A run that has ended, for people. */
export function printRun(out: Out, run: RunSummary, quarantine: readonly QuarantineGroup[]): void {
  const tookMs = run.endedAt === null ? 0 : Date.parse(run.endedAt) - Date.parse(run.startedAt);
  out.line(
    `${out.style.strong(run.sync)} ${paintStatus(out.style, run.status)} in ${formatDuration(tookMs)} (${run.mode}, run ${run.run})`,
  );
  const { counts, reconciled } = run;
  if (counts) {
    out.line();
    out.table(
      [
        { title: 'FETCHED' },
        { title: 'DELIVERED' },
        { title: 'UNCHANGED' },
        { title: 'FILTERED' },
        { title: 'QUARANTINED' },
        { title: 'SUPERSEDED' },
      ],
      [
        [
          counts.fetched,
          counts.delivered,
          counts.unchanged,
          counts.filtered,
          counts.quarantined,
          counts.superseded,
        ].map((n) => n.toLocaleString('en')),
      ],
    );
  }
  if (counts && counts.deleted > 0) {
    out.line();
    out.line(`deleted ${counts.deleted.toLocaleString('en')} records in the destination that are gone from the source`);
  }
  if (reconciled && reconciled.checked > 0) {
    const { checked, missing, extra, different } = reconciled;
    const faults = missing + extra + different;
    const words = `read back ${checked.toLocaleString('en')} delivered records: ${missing} missing, ${extra} extra, ${different} different`;
    out.line();
    out.line(faults === 0 ? out.style.good(words) : out.style.bad(words));
  }
  if (quarantine.length > 0) {
    out.line();
    out.table(
      [{ title: 'SET ASIDE' }, { title: 'CODE' }, { title: 'FIELD' }, { title: 'REASON' }],
      quarantine.map((group) => [
        group.records.toLocaleString('en'),
        group.code,
        safeText(group.field ?? ''),
        safeText(group.reason),
      ]),
    );
  }
  if (run.failureCode !== null) {
    out.line();
    out.line(out.style.bad(`${run.failureCode} — ${safeText(run.failure ?? '')}`));
    if (isFailureCode(run.failureCode)) for (const line of adviceLines(run.failureCode, run.sync)) out.line(line);
  }
}

export function paintStatus(style: Style, status: string): string {
  if (status === 'succeeded') return style.good(status);
  if (status === 'failed' || status === 'halted') return style.bad(status);
  return style.doubtful(status);
}
