import { InvalidArgumentError } from 'commander';
import { DURATION_GRAMMAR, parseDurationMs } from '../../model/text/duration.ts';
import { parseMomentMs } from '../../model/text/moment.ts';

/** An option that is a time: so long ago, or ISO 8601. */
export function parseSince(text: string): string {
  const at = parseMomentMs(text, Date.now());
  if (at === undefined) throw new InvalidArgumentError(`Expected ${DURATION_GRAMMAR}, or an ISO 8601 time.`);
  return new Date(at).toISOString();
}

/** An option that is a whole number within these limits. */
export const parseWhole =
  (least: number, most: number) =>
  (text: string): number => {
    const number = Number(text);
    if (Number.isSafeInteger(number) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };

/** An option that is a duration, in milliseconds; none of nothing. */
export function parseDuration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError(`Expected ${DURATION_GRAMMAR}.`);
  return ms;
}
