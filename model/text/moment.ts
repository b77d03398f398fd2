import { parseDurationMs } from './duration.ts';

/** Epoch milliseconds of a time that is written as how long ago, or in ISO 8601; undefined for any other text. */
export function parseMomentMs(text: string, nowMs: number): number | undefined {
  const ago = parseDurationMs(text);
  return ago === undefined ? realTimeMs(text) : nowMs - ago;
}

/** Of an ISO 8601 date or time; undefined also for a day that is in no calendar. */
function realTimeMs(text: string): number | undefined {
  const day = /^(\d{4}-\d{2}-\d{2})(?:T|$)/.exec(text)?.[1];
  if (day === undefined) return undefined;
  // `Date` takes the 30th of February for the 2nd of March.
  const read = new Date(`${day}T00:00:00Z`);
  const at = Date.parse(text);
  return Number.isNaN(at) || Number.isNaN(read.getTime()) || read.toISOString().slice(0, 10) !== day ? undefined : at;
}
