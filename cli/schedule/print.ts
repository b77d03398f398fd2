import { type OddDay, oddDayWords } from '../../model/schedule/odd-days.ts';
import type { RunSummary } from '../../platform/ledger/runs/reports.ts';
import type { Tick } from '../../platform/ledger/runs/ticks.ts';
import type { Out } from '../../platform/terminal/out.ts';
import { safeText } from '../../platform/terminal/text.ts';
import { paintStatus } from '../runs/report.ts';

/** A schedule as `list` shows it; also the entry of its document. */
export interface Listed {
  readonly sync: string;
  readonly state: 'applied' | 'differs from its file' | 'not applied' | 'orphan';
  readonly when: string;
  readonly timeZone: string;
  readonly overlap: string;
  readonly catchUp: string;
  readonly jitter: string;
  readonly paused: boolean;
  readonly note: string | null;
  /** As Temporal will take them, jitter included. `at` in UTC, `local` by the clock of the zone. */
  readonly next: readonly { readonly at: string; readonly local: string }[];
  readonly oddDays: readonly OddDay[];
  readonly last: Pick<RunSummary, 'run' | 'status' | 'startedAt' | 'trigger'> | null;
  readonly ticks: { readonly skipped: number; readonly missed: number; readonly latest: readonly Tick[] };
}

/** For people: all in one table, or one in detail. */
export function printSchedules(out: Out, sync: string | undefined, listed: readonly Listed[]): void {
  if (listed.length === 0) out.line(sync === undefined ? 'No sync has a schedule.' : `${sync} has no schedule.`);
  else if (sync === undefined) printAll(out, listed);
  else for (const one of listed) printOne(out, one);
}

function printAll(out: Out, listed: readonly Listed[]): void {
  out.table(
    [
      { title: 'SYNC', paint: out.style.name },
      { title: 'WHEN' },
      { title: 'NEXT' },
      { title: 'LAST RUN' },
      { title: 'SKIPPED', align: 'right' },
      { title: 'MISSED', align: 'right' },
      { title: 'STATE' },
    ],
    listed.map((one) => [
      one.sync,
      `${one.when} (${one.timeZone})`,
      one.paused ? 'paused' : (one.next[0]?.local ?? ''),
      one.last ? `${one.last.status} ${one.last.startedAt.slice(0, 19)}Z` : 'never',
      String(one.ticks.skipped),
      String(one.ticks.missed),
      one.paused && one.note ? `${one.state}; ${one.note}` : one.state,
    ]),
  );
}

function printOne(out: Out, one: Listed): void {
  const { style } = out;
  out.line(`${style.strong(one.sync)}  ${one.when} (${one.timeZone})  ${one.state}`);
  out.line(style.faint(`overlap ${one.overlap}, catches up ${one.catchUp}, jitter ${one.jitter}`));
  if (one.paused) out.line(style.doubtful(`paused: ${safeText(one.note ?? '')}`));
  for (const { at, local } of one.next) out.line(`next     ${local}  ${style.faint(at)}`);
  for (const day of one.oddDays) out.line(style.doubtful(`odd day  ${oddDayWords(day, one.timeZone)}`));
  if (one.last)
    out.line(
      `last     ${one.last.startedAt}  ${paintStatus(style, one.last.status)} (${one.last.trigger}, run ${one.last.run})`,
    );
  for (const { at, outcome, run } of one.ticks.latest)
    out.line(`tick     ${at}  ${outcome}${tickReason(outcome, run)}`);
}

const tickReason = (outcome: Tick['outcome'], run: string | null): string =>
  outcome === 'skipped' ? `: run ${run} was open` : ': the schedule was paused, or no server was up';
