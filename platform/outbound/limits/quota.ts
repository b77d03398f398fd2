import { z } from 'zod';
import { type DailyReset, type Day, dayAround } from './day-quota.ts';

/** Parts into which a window is counted: what was spent returns part by part. */
const PARTS = 40;

/**
 * What was spent of a quota, in parts of its window. `from` is the number of the first part since 1970; of a quota that
 * is reset, the moment of the last reset in milliseconds.
 */
export const spentSchema = z.object({ from: z.number(), counts: z.array(z.number()) });
export type Spent = z.infer<typeof spentSchema>;

export interface Quota {
  /** At most so many in any stretch of `windowMs`: the strictest reading, whenever the owner's own window begins. */
  readonly units: number;
  readonly windowMs: number;
  /** Its owner's window is known: at most so many from one reset to the next. */
  readonly reset?: DailyReset;
}

export const nothingSpent: Spent = { from: 0, counts: [] };

const partMs = ({ windowMs }: Quota): number => windowMs / PARTS;
const dayOf = ({ reset }: Quota, nowMs: number): Day | undefined => reset && dayAround(reset, nowMs);

/** Forgets what has left the window. A clock that went back leaves nothing in the future. */
function current(quota: Quota, spent: Spent, nowMs: number): Spent {
  const day = dayOf(quota, nowMs);
  if (day !== undefined) return ofDay(quota, day, spent, nowMs);
  const from = Math.floor(nowMs / partMs(quota)) - PARTS;
  return { from, counts: cut(spent.counts, from - spent.from, PARTS + 1) };
}

function ofDay(quota: Quota, { fromMs }: Day, spent: Spent, nowMs: number): Spent {
  const parts = Math.floor((nowMs - fromMs) / partMs(quota)) + 1;
  return { from: fromMs, counts: cut(spent.from === fromMs ? spent.counts : [], 0, parts) };
}

/** So many parts from one on; what lies behind them counts to the last. */
function cut(counts: readonly number[], first: number, parts: number): number[] {
  const kept = Array.from({ length: parts }, (_, index) => counts[first + index] ?? 0);
  kept[parts - 1] = (kept[parts - 1] ?? 0) + sum(counts.slice(Math.max(0, first + parts)));
  return kept;
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Units spent within the window that ends now, or since the last reset. */
export const spentNow = (quota: Quota, spent: Spent, nowMs: number): number => sum(current(quota, spent, nowMs).counts);

export function spend(quota: Quota, spent: Spent, units: number, nowMs: number): Spent {
  const { from, counts } = current(quota, spent, nowMs);
  return { from, counts: counts.map((count, index) => (index === counts.length - 1 ? count + units : count)) };
}

/** When `units` more may be spent, leaving `kept` untouched; now when there is room. */
export function roomAtMs(quota: Quota, spent: Spent, units: number, kept: number, nowMs: number): number {
  const { from, counts } = current(quota, spent, nowMs);
  let over = sum(counts) + units - (quota.units - kept);
  if (over <= 0) return nowMs;
  const day = dayOf(quota, nowMs);
  if (day !== undefined) return day.untilMs;
  for (const [index, count] of counts.entries()) {
    over -= count;
    if (over <= 0) return (from + index + PARTS + 1) * partMs(quota);
  }
  return nowMs + quota.windowMs;
}

/** Of this many parts the present pace is the mean. */
const PACE_PARTS = 4;

/** When the quota runs out if calls go on as in the last tenth of the window; undefined when it does not. */
export function runsOutAtMs(quota: Quota, spent: Spent, nowMs: number): number | undefined {
  const { from, counts } = current(quota, spent, nowMs);
  const day = dayOf(quota, nowMs);
  const known = day === undefined ? PACE_PARTS + 0.5 : (nowMs - day.fromMs) / partMs(quota);
  const perPart = sum(counts.slice(-PACE_PARTS - 1)) / Math.max(0.5, Math.min(PACE_PARTS + 0.5, known));
  let total = sum(counts);
  if (day !== undefined) {
    const atMs = total >= quota.units ? nowMs : nowMs + ((quota.units - total) / perPart) * partMs(quota);
    return atMs < day.untilMs ? atMs : undefined;
  }
  for (let ahead = 0; ahead <= PARTS; ahead++) {
    if (total >= quota.units) return Math.max(nowMs, (from + PARTS + ahead) * partMs(quota));
    total += perPart - (counts[ahead] ?? 0);
  }
  return undefined;
}
