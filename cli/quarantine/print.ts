import { failures, isFailureCode } from '../../model/failure/failure.ts';
import { terminalText } from '../../model/operation/terminal-words.ts';
import type { QuarantineEntry, QuarantineGroup } from '../../platform/ledger/quarantine/entries.ts';
import type { Out } from '../../platform/terminal/out.ts';
import { safeText } from '../../platform/terminal/text.ts';

export const nothingFits = (sync: string): string => `nothing of ${sync} lies in quarantine that fits`;

/** How many for which reason. */
export function printReasons(out: Out, reasons: readonly QuarantineGroup[]): void {
  out.table(
    [{ title: 'RECORDS', align: 'right' }, { title: 'CODE' }, { title: 'FIELD' }, { title: 'REASON' }],
    reasons.map(({ records, code, field, reason }) => [records.toLocaleString('en'), code, field ?? '', reason]),
  );
}

/** A line for each entry. */
export function printEntries(out: Out, entries: readonly Omit<QuarantineEntry, 'record'>[]): void {
  out.table(
    [
      { title: 'ENTRY', align: 'right', paint: out.style.name },
      { title: 'SET ASIDE' },
      { title: 'KEY' },
      { title: 'CODE' },
      { title: 'FIELD' },
      { title: 'REASON' },
    ],
    entries.map((entry) => [
      entry.id,
      entry.at,
      entry.key ?? '',
      entry.state === 'open' ? entry.code : `${entry.code} (${entry.state})`,
      entry.field ?? '',
      entry.reason,
    ]),
  );
}

/** All of one entry: why, what to do, and the record. */
export function printEntry(out: Out, entry: QuarantineEntry): void {
  const { style } = out;
  const key = entry.key === null ? 'a record without a key' : safeText(entry.key);
  out.line(`${style.strong(key)}  entry ${entry.id}, ${entry.state}`);
  out.line(`${style.bad(entry.code)} in ${entry.stage}${where(entry)}: ${safeText(entry.reason)}`);
  if (entry.state === 'open' && isFailureCode(entry.code)) out.line(terminalText(failures[entry.code].todo));
  out.line(style.faint(`set aside ${entry.at} by run ${entry.run}, batch ${entry.batch}, position ${entry.ordinal}`));
  if (entry.resolvedAt !== null)
    out.line(style.faint(`${entry.state} ${entry.resolvedAt} by ${entry.resolvedBy ?? 'a person'}`));
  for (const line of recordLines(entry.record)) out.line(`  ${line}`);
}

const where = ({ field, rule }: QuarantineEntry): string =>
  [field === null ? '' : ` at ${safeText(field)}`, rule === null ? '' : ` by the rule ${safeText(rule)}`].join('');

/** The record as indented JSON; every line is made safe, so that its text cannot steer the terminal. */
function recordLines(record: string | null): readonly string[] {
  if (record === null) return ['the record itself is no longer here'];
  return JSON.stringify(JSON.parse(record), undefined, 2).split('\n').map(safeText);
}
