import type { RunNotice } from '../../model/sync/notice.ts';
import type { Out } from '../../platform/terminal/out.ts';
import { safeText } from '../../platform/terminal/text.ts';

/** What a run found odd, for people: at length when it is told for the first time, in a line afterwards. */
export function printNotices(out: Out, found: readonly RunNotice[]): void {
  for (const notice of found.filter(({ toldBefore }) => !toldBefore)) {
    out.line();
    const words = headOf(notice);
    out.line(notice.outcome === 'partial' ? out.style.bad(words) : out.style.doubtful(words));
    out.line(`  ${notice.meaning}`);
    out.line(`  ${safeText(notice.detail)}`);
    out.line(`  What to do: ${notice.todo}`);
  }
  const before = found.filter(({ toldBefore }) => toldBefore);
  if (before.length === 0) return;
  out.line();
  out.line(`as told before: ${before.map(headOf).join('; ')}`);
}

const headOf = ({ code, subject, records }: RunNotice): string =>
  [code, ...(subject === '' ? [] : [safeText(subject)]), `(${records.toLocaleString('en')})`].join(' ');
