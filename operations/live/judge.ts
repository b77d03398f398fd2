import { counted } from '../../model/text/counted.ts';
import { formatDuration } from '../../model/text/duration.ts';
import { SOON_DAYS } from '../../platform/outbound/limits/report.ts';
import { type Finding, failed, ok, warning } from '../doctor/finding.ts';
import type { Live, LiveConnection, LiveProblem, LiveSync } from './facts.ts';

/** Signed requests and tokens are refused when clocks differ by minutes. */
const MUCH_SKEW_MS = 30_000;

/** What the calls showed, as findings. Pure. */
export const findingsOf = ({ connections, syncs }: Live): readonly Finding[] => [
  ...connections.map(judgeConnection),
  ...syncs.map(judgeSync),
];

function judgeConnection(live: LiveConnection): Finding {
  const part = `Connection ${live.name}`;
  if (live.problem) return failedBy(part, live.problem);
  const found = [live.says ?? '', ...factsOf(live)].join('; ');
  const doubts = doubtsOf(live);
  return doubts.length === 0 ? ok(part, found) : warning(part, found, doubts.join(' '));
}

/** What is worth saying of a connection that works. */
export function factsOf({ certificate, skewMs, limits, scopes }: LiveConnection): readonly string[] {
  return [
    ...limits.map(({ name, left, units }) => `limit ${name}: ${left}${units === null ? '' : ` of ${units}`} left`),
    ...(scopes === null ? [] : [`scopes ${scopes}`]),
    ...(certificate === null ? [] : [`certificate: ${certificate.daysLeft} days`]),
    ...(skewMs === null || Math.abs(skewMs) < 2_000 ? [] : [`clock ${skewWords(skewMs)}`]),
  ];
}

export const skewWords = (skewMs: number): string =>
  `${formatDuration(Math.abs(skewMs))} ${skewMs < 0 ? 'behind' : 'ahead'}`;

function doubtsOf({ certificate, skewMs }: LiveConnection): readonly string[] {
  return [
    ...(certificate !== null && certificate.daysLeft < SOON_DAYS
      ? [`Its certificate ends ${certificate.validTo.slice(0, 10)}: tell its owner.`]
      : []),
    ...(skewMs !== null && Math.abs(skewMs) > MUCH_SKEW_MS
      ? ['Set both clocks by NTP: tokens and signatures may be refused.']
      : []),
  ];
}

function judgeSync(live: LiveSync): Finding {
  const part = `Sync ${live.name}`;
  if (live.problem) return failedBy(part, live.problem);
  const found = `first page: ${counted(live.records, 'record')}, ${live.ready} would be delivered`;
  const fields = live.newFields.length === 0 ? '' : `; not in the schema: ${live.newFields.slice(0, 5).join(', ')}`;
  const [reason] = live.reasons;
  if (reason === undefined) return ok(part, found + fields);
  const why = `${found}, ${live.rejected} set aside${fields}\n${reason.code} ${reason.field ?? ''}: ${reason.reason} (${reason.records})`;
  const say = live.rejected === live.records ? failed : warning;
  return say(part, why, 'Compare the mapping with what the source gives: {plan}', { sync: live.name });
}

const failedBy = (part: string, { code, message, todo }: LiveProblem): Finding =>
  failed(part, `${code}: ${message}`, todo);
