import type { SyncSeen } from '../../operations/contracts/sync-seen.ts';
import { shortDuration } from '../../operations/status/words.ts';
import type { Out } from '../../platform/terminal/out.ts';

/** One line for each sync. Names and reasons give way where the terminal is narrow. */
export function printAll(out: Out, all: readonly SyncSeen[]): void {
  if (all.length === 0) {
    out.line('The project has no syncs: syncline check says what it has.');
    return;
  }
  out.table(
    [
      { title: 'SYNC', paint: out.style.name },
      { title: 'STATUS', paint: (cell, text) => paintState(out, cell, text) },
      { title: 'LAST', align: 'right' },
      { title: 'BEHIND', align: 'right' },
      { title: 'FETCHED', align: 'right' },
      { title: 'ASIDE', align: 'right' },
      { title: 'WHY' },
    ],
    all.map(rowOf),
  );
}

function rowOf(seen: SyncSeen): string[] {
  const [latest] = seen.runs;
  const counts = latest?.live?.state?.counts ?? latest?.summary.counts;
  return [
    seen.sync,
    seen.status,
    latest ? shortDuration(Date.now() - Date.parse(latest.summary.startedAt)) : '',
    seen.behindMs === null ? '' : shortDuration(seen.behindMs),
    counts?.fetched.toLocaleString('en') ?? '',
    counts && counts.quarantined > 0 ? counts.quarantined.toLocaleString('en') : '',
    seen.reason,
  ];
}

function paintState({ style }: Out, cell: string, text: string): string {
  if (text === 'succeeded' || text === 'running') return style.good(cell);
  if (text === 'failed' || text === 'halted' || text === 'parked') return style.bad(cell);
  return text === 'never run' ? style.faint(cell) : style.doubtful(cell);
}
