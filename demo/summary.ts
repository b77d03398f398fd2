import type { Out } from '../platform/terminal/out.ts';
import { number } from './live-lines.ts';
import { type DemoReport, differing, type ToldRun } from './report.ts';

/** The end of the demo for people: what became of every order, and what both systems say of it. */
export function printSummary(out: Out, report: DemoReport): void {
  printRuns(out, report);
  printQuarantine(out, report);
  printBooks(out, report);
}

function printRuns(out: Out, { runs }: DemoReport): void {
  const row = (title: string, value: (run: ToldRun) => number) => [title, ...runs.map((run) => number(value(run)))];
  out.table(
    [{ title: 'ORDERS' }, { title: 'FIRST SYNC', align: 'right' }, { title: 'AFTER THE CHANGE', align: 'right' }],
    [
      row('fetched', ({ counts }) => counts.fetched),
      row('delivered', ({ counts }) => counts.delivered),
      row('unchanged', ({ counts }) => counts.unchanged),
      row('quarantined', ({ counts }) => counts.quarantined),
      row('read back', ({ reconciled }) => reconciled.checked),
      row('of these, differing', ({ reconciled }) => differing(reconciled)),
    ],
  );
  out.line();
}

function printQuarantine(out: Out, { quarantine }: DemoReport): void {
  out.table(
    [{ title: 'QUARANTINED', align: 'right' }, { title: 'FIELD' }, { title: 'WHY' }],
    quarantine.map(({ records, field, reason }) => [number(records), field ?? '', reason]),
  );
  out.line();
}

function printBooks(out: Out, report: DemoReport): void {
  const { style } = out;
  const none = (count: number, words: string) =>
    `${count === 0 ? style.good('none') : style.bad(number(count))} ${words}`;
  out.line(style.strong('What the two systems say, without the engine'));
  out.line(
    `  books  ${style.good(number(report.inStep))} orders once each, ${none(report.doubled, 'twice')}, ` +
      `${none(report.lost, 'missing')}, ${none(report.stale, 'outdated')}`,
  );
  if (report.extra > 0) out.line(`         ${style.bad(number(report.extra))} that belong to no valid order`);
  if (report.replays > 0)
    out.line(`         requests that came again and had no second effect: ${number(report.replays)} (idempotency key)`);
  const { calls, refused } = report.shop;
  out.line(`  shop   ${number(calls)} calls, ${number(refused)} of them refused by its rate limit (429)`);
}
