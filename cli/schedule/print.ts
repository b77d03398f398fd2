import { oddDayWords } from '../../model/schedule/odd-days.ts';
import type { ListedSchedule } from '../../operations/schedules/list.ts';
import type { Tick } from '../../platform/ledger/runs/ticks.ts';
import type { Out } from '../../platform/terminal/out.ts';
import { safeText } from '../../platform/terminal/text.ts';
import { paintStatus } from '../runs/report.ts';

/** For people: all in one table, or one in detail. */
export function printSchedules(out: Out, sync: string | undefined, listed: readonly ListedSchedule[]): void {
  if (listed.length === 0) out.line(sync === undefined ? 'No sync has a schedule.' : `${sync} has no schedule.`);
  else if (sync === undefined) printAll(out, listed);
  else for (const one of listed) printOne(out, one);
}

function printAll(out: Out, listed: readonly ListedSchedule[]): void {
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

function printOne(out: Out, one: ListedSchedule): void {
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
