import { z } from 'zod';

/** Parts into which a window is counted: what was spent returns part by part. */
const PARTS = 40;

/** What was spent of a quota, in parts of its window. `from` is the number of the first part since 1970. */
export const spentSchema = z.object({ from: z.number(), counts: z.array(z.number()) });
export type Spent = z.infer<typeof spentSchema>;

/** At most `units` in any stretch of `windowMs`: the strictest reading, whenever the owner's own window begins. */
export interface Quota {
  readonly units: number;
  readonly windowMs: number;
}

export const nothingSpent: Spent = { from: 0, counts: [] };

const partMs = ({ windowMs }: Quota): number => windowMs / PARTS;
const partAt = (quota: Quota, ms: number): number => Math.floor(ms / partMs(quota));

/** Forgets what has left the window. A clock that went back leaves nothing in the future. */
function current(quota: Quota, spent: Spent, nowMs: number): Spent {
  const now = partAt(quota, nowMs);
  const from = now - PARTS;
  const counts = Array.from({ length: PARTS + 1 }, (_, index) => spent.counts[from + index - spent.from] ?? 0);
  const ahead = spent.counts.slice(Math.max(0, now + 1 - spent.from)).reduce((sum, count) => sum + count, 0);
  counts[PARTS] = (counts[PARTS] ?? 0) + ahead;
  return { from, counts };
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Units spent within the window that ends now. */
export const spentNow = (quota: Quota, spent: Spent, nowMs: number): number => sum(current(quota, spent, nowMs).counts);

export function spend(quota: Quota, spent: Spent, units: number, nowMs: number): Spent {
  const { from, counts } = current(quota, spent, nowMs);
  return { from, counts: counts.map((count, index) => (index === PARTS ? count + units : count)) };
}

/** When `units` more may be spent, leaving `kept` untouched; now when there is room. */
export function roomAtMs(quota: Quota, spent: Spent, units: number, kept: number, nowMs: number): number {
  const { from, counts } = current(quota, spent, nowMs);
  let over = sum(counts) + units - (quota.units - kept);
  if (over <= 0) return nowMs;
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
  const perPart = sum(counts.slice(-PACE_PARTS - 1)) / (PACE_PARTS + 0.5);
  let total = sum(counts);
  for (let ahead = 0; ahead <= PARTS; ahead++) {
    if (total >= quota.units) return Math.max(nowMs, (from + PARTS + ahead) * partMs(quota));
    total += perPart - (counts[ahead] ?? 0);
  }
  return undefined;
}
