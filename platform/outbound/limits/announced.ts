import { z } from 'zod';

/** One limit as the system last stated it: what is left, and when it is full again. */
export const toldSchema = z.object({ left: z.number(), units: z.number().nullable(), resetMs: z.number() });
export type Told = z.infer<typeof toldSchema>;
/** By the name that the system gives the limit. */
export type ToldLimits = Readonly<Record<string, Told>>;

/** What an answer says of one limit; `resetInMs` from now. */
export interface Heard {
  readonly name: string;
  readonly left: number;
  readonly units: number | null;
  readonly resetInMs: number;
  /** The length of its window, where it says so. */
  readonly windowMs?: number;
}

const MAX_LIMITS = 4;
/** Answers of one window name its end with this much difference. */
const SAME_WINDOW_MS = 2_000;

/**
 * Takes in what answers said. Within one window what is left never grows: answers overtake each other, and calls have
 * left since. A window that ends elsewhere is a new one.
 */
export function toldAfter(told: ToldLimits, heard: readonly Heard[], nowMs: number): ToldLimits {
  const next: Record<string, Told> = { ...stillTold(told, nowMs) };
  for (const { name, left, units, resetInMs } of heard) {
    const known = next[name];
    if (known === undefined && Object.keys(next).length >= MAX_LIMITS) continue;
    const resetMs = nowMs + resetInMs;
    const isSame = known !== undefined && Math.abs(known.resetMs - resetMs) <= SAME_WINDOW_MS;
    next[name] = isSame ? { ...known, left: Math.min(known.left, left) } : { left, units, resetMs };
  }
  return next;
}

export const stillTold = (told: ToldLimits, nowMs: number): ToldLimits =>
  Object.fromEntries(Object.entries(told).filter(([, { resetMs }]) => resetMs > nowMs));

/** What is left after so many calls more. */
export const afterToldCalls = (told: ToldLimits, calls: number): ToldLimits =>
  Object.fromEntries(Object.entries(told).map(([name, limit]) => [name, { ...limit, left: limit.left - calls }]));

/** When every stated limit has room again; now when all have. */
export const toldRoomAtMs = (told: ToldLimits, nowMs: number): number =>
  Math.max(nowMs, ...Object.values(told).map(({ left, resetMs }) => (left < 1 ? resetMs : 0)));
