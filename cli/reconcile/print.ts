import type { Comparison } from '../../engine/compare/compare.ts';
import type { Repair } from '../../operations/reconcile/repair.ts';
import type { Out } from '../../platform/terminal/out.ts';

const SAMPLES = 20;

export const documentOf = ({ missing, different, extras, ...rest }: Comparison): object => ({
  ...rest,
  missing: missing.length,
  different: different.length,
  samples: {
    missing: missing.slice(0, SAMPLES).map(({ key }) => key),
    different: different.slice(0, SAMPLES).map(({ key }) => key),
    extra: extras.slice(0, SAMPLES).map(({ id }) => id),
  },
});

export const repairDocument = ({ after, ...rest }: Repair): object => ({ ...rest, after: documentOf(after) });

export function print(out: Out, comparison: Comparison, repaired: Repair | null): void {
  printComparison(out, comparison);
  if (repaired === null) {
    if (comparison.missing.length + comparison.different.length > 0)
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

function printComparison(out: Out, found: Comparison): void {
  const faults = found.missing.length + found.different.length;
  const words = `${number(found.checked)} delivered records compared: ${number(found.missing.length)} missing, ${number(found.different.length)} different, ${number(found.extra)} extra`;
  out.line(faults === 0 ? out.style.good(words) : out.style.bad(words));
  const { sums, keys, records } = found.transferred;
  out.line(
    out.style.faint(
      `By ${found.by}; the destination sent ${number(sums)} sums, ${number(keys)} keys, ${number(records)} records.`,
    ),
  );
  const samples: (readonly [string, readonly string[]])[] = [
    ['missing', found.missing.map(({ key }) => key)],
    ['different', found.different.map(({ key }) => key)],
    ['extra', found.extras.map(({ id }) => id)],
  ];
  const rows = samples.flatMap(([what, keys]) => keys.slice(0, SAMPLES).map((key) => [what, key]));
  if (rows.length === 0) return;
  out.line();
  out.table([{ title: 'WHAT' }, { title: 'KEY', paint: out.style.name }], rows);
}

const number = (value: number): string => value.toLocaleString('en');
