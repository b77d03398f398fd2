import type { Live, LiveConnection, LiveProblem, LiveSync } from '../../operations/live/facts.ts';
import { skewWords } from '../../operations/live/judge.ts';
import type { Out } from '../../platform/terminal/out.ts';
import { safeText } from '../../platform/terminal/text.ts';

/** What the calls showed, as two tables, and below them what is wrong. */
export function printLive(out: Out, { connections, syncs }: Live): void {
  out.table(
    [
      { title: 'SYSTEM', paint: out.style.name },
      { title: 'ANSWERS' },
      { title: 'LOGIN' },
      { title: 'LIMITS LEFT' },
      { title: 'CERTIFICATE' },
      { title: 'CLOCK' },
    ],
    connections.map(connectionRow),
  );
  if (syncs.length > 0) {
    out.line();
    out.table(
      [
        { title: 'SYNC', paint: out.style.name },
        { title: 'FIRST PAGE', align: 'right' },
        { title: 'WOULD DELIVER', align: 'right' },
        { title: 'FILTERED', align: 'right' },
        { title: 'SET ASIDE', align: 'right' },
        { title: 'WHY' },
      ],
      syncs.map(syncRow),
    );
  }
  out.line();
  for (const { name, problem } of [...connections, ...syncs]) if (problem) printProblem(out, name, problem);
  for (const { name, newFields } of syncs)
    if (newFields.length > 0) out.line(`${name}: not in the source schema: ${safeText(newFields.join(', '))}`);
}

const connectionRow = (live: LiveConnection): string[] => [
  live.name,
  live.problem ? live.problem.code : `${live.status ?? 'yes'} in ${live.ms} ms`,
  live.scopes === null ? live.login : `${live.login} (${safeText(live.scopes)})`,
  live.limits
    .map(({ name, left, units }) => `${safeText(name)} ${left}${units === null ? '' : `/${units}`}`)
    .join(', '),
  live.certificate === null ? '' : `${live.certificate.daysLeft} days`,
  live.skewMs === null ? '' : Math.abs(live.skewMs) < 2_000 ? 'right' : skewWords(live.skewMs),
];

function syncRow({ name, problem, records, ready, filtered, rejected, reasons }: LiveSync): string[] {
  if (problem) return [name, '', '', '', '', problem.code];
  const [reason] = reasons;
  const why = reason === undefined ? '' : `${reason.code} ${reason.field ?? ''}: ${reason.reason}`;
  return [name, ...[records, ready, filtered, rejected].map((n) => n.toLocaleString('en')), safeText(why)];
}

function printProblem(out: Out, name: string, { code, message, todo }: LiveProblem): void {
  out.line(`${out.style.bad(code)} ${name}: ${safeText(message)}`);
  out.line(`  ${out.style.name(todo)}`);
}
