import type { Out } from '../../cli/output/out.ts';
import { number } from './live-lines.ts';
import type { DemoReport } from './report.ts';

/** The end of the demo for people: what became of every order, and what both systems say of it. */
export function printSummary(out: Out, report: DemoReport): void {
  printRuns(out, report);
  printSetAside(out, report);
  printBooks(out, report);
}

function printRuns(out: Out, { runs }: DemoReport): void {
  const rows = (['fetched', 'delivered', 'unchanged', 'quarantined'] as const).map((bucket) => [
    bucket,
    ...runs.map(({ counts }) => number(counts[bucket])),
  ]);
  out.table(
    [{ title: 'ORDERS' }, { title: 'FIRST SYNC', align: 'right' }, { title: 'AFTER THE CHANGE', align: 'right' }],
    rows,
  );
  out.line();
}

function printSetAside(out: Out, { setAside }: DemoReport): void {
  out.table(
    [{ title: 'SET ASIDE', align: 'right' }, { title: 'FIELD' }, { title: 'WHY' }],
    setAside.map(({ records, field, reason }) => [number(records), field ?? '', reason]),
  );
  out.line();
}

function printBooks(out: Out, report: DemoReport): void {
  const { style } = out;
  const none = (count: number, words: string) =>
    `${count === 0 ? style.good('none') : style.bad(number(count))} ${words}`;
  out.line(style.strong('In the books, by their own journal'));
  out.line(
    `  ${style.good(number(report.inStep))} once each, ${none(report.doubled, 'twice')}, ${none(report.lost, 'missing')}, ` +
      `${none(report.stale, 'outdated')}, ${none(report.extra, 'too many')}`,
  );
}
