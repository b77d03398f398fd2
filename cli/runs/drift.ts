import { type DriftFinding, driftLines } from '../../model/drift/drift.ts';
import type { Out } from '../../platform/terminal/out.ts';
import { safeText } from '../../platform/terminal/text.ts';

/** How the records of a run or plan differ from the source schema, for people. Nothing when they do not. */
export function printDrift(out: Out, drift: readonly DriftFinding[]): void {
  if (drift.length === 0) return;
  out.line();
  out.line(out.style.strong('the source has another shape than its schema'));
  for (const finding of drift) {
    const [line = ''] = driftLines([finding]);
    out.line(`  ${finding.breaking ? out.style.bad(safeText(line)) : safeText(line)}`);
  }
}
