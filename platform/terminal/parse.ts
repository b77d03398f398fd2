import { InvalidArgumentError } from 'commander';
import { DURATION_GRAMMAR, parseDurationMs } from '../../model/text/duration.ts';

/** An option that is a time: so long ago, or ISO 8601. */
export function parseSince(text: string): string {
  const ms = parseDurationMs(text);
  const at = ms === undefined ? realTime(text) : Date.now() - ms;
  if (at === undefined) throw new InvalidArgumentError(`Expected ${DURATION_GRAMMAR}, or an ISO 8601 time.`);
  return new Date(at).toISOString();
}

/** Epoch milliseconds of an ISO 8601 date or time; undefined for any other text, and for a day that is in no calendar. */
export function realTime(text: string): number | undefined {
  const day = /^(\d{4}-\d{2}-\d{2})(?:T|$)/.exec(text)?.[1];
  if (day === undefined) return undefined;
  // `Date` takes the 30th of February for the 2nd of March.
  const read = new Date(`${day}T00:00:00Z`);
  const at = Date.parse(text);
  return Number.isNaN(at) || Number.isNaN(read.getTime()) || read.toISOString().slice(0, 10) !== day ? undefined : at;
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
