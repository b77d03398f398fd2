import type { ComparisonDocument } from '../../operations/reconcile/comparison-document.ts';
import type { reconcileSync } from '../../operations/reconcile/reconcile.ts';
import type { Out } from '../../platform/terminal/out.ts';

type Reconciliation = Awaited<ReturnType<typeof reconcileSync.perform>>;

export function print(out: Out, comparison: Reconciliation): void {
  const repaired = comparison.repair;
  printComparison(out, comparison);
  if (repaired === null) {
    if (comparison.missing + comparison.different > 0)
      out.line(`Mend it: ${out.style.name(`syncline reconcile ${comparison.sync} --repair`)}`);
    return;
  }
  out.line();
  out.line(
    `Repair: ${number(repaired.marked)} records delivered again${repaired.run ? ` by run ${repaired.run}` : ''}.`,
  );
  if (repaired.removed !== null) out.line(`${number(repaired.removed)} records were removed from the destination.`);
  if (repaired.gone > 0)
    out.line(
      `${number(repaired.gone)} of them are gone from the source: a full run of a sync that deletes deals with them.`,
    );
  if (repaired.givenUp > 0)
    out.line(
      out.style.doubtful(
        `${number(repaired.givenUp)} were repaired twice before and differ still: the destination does not keep what it is given.`,
      ),
    );
  if (repaired.run !== null) printComparison(out, repaired.after);
}

function printComparison(out: Out, found: ComparisonDocument): void {
  const faults = found.missing + found.different;
  const words = `${number(found.checked)} delivered records compared: ${number(found.missing)} missing, ${number(found.different)} different, ${number(found.extra)} extra`;
  out.line(faults === 0 ? out.style.good(words) : out.style.bad(words));
  const { sums, keys, records } = found.transferred;
  out.line(
    out.style.faint(
      `By ${found.by}; the destination sent ${number(sums)} sums, ${number(keys)} keys, ${number(records)} records.`,
    ),
  );
  const { missing, different, extra } = found.samples;
  const rows = Object.entries({ missing, different, extra }).flatMap(([what, keys]) => keys.map((key) => [what, key]));
  if (rows.length === 0) return;
  out.line();
  out.table([{ title: 'WHAT' }, { title: 'KEY', paint: out.style.name }], rows);
}

const number = (value: number): string => value.toLocaleString('en');
