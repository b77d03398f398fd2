import { z } from 'zod';
import { type FailureCode, isFailureCode } from '../../../model/failure/failure.ts';

/**
 * The breaker of a connection, shared by every worker:
 * - `closed`: calls go out, and what becomes of them is counted
 * - `open`: the system is down; nothing goes out before `retryAtMs`
 * - `half-open`: one call tries whether it is back; all others wait for it
 */
export const breakerSchema = z.object({
  phase: z.enum(['closed', 'open', 'half-open']),
  /** When it came into this phase. */
  sinceMs: z.number(),
  /** Of `open`: the next try. Of `half-open`: when the try counts as failed, should nobody say what became of it. */
  retryAtMs: z.number(),
  /** Failed tries in a row. */
  failedTries: z.number(),
  /** When it went down, and with what; kept until it has been up for a while. */
  downSinceMs: z.number(),
  reason: z.string(),
  tally: z.object({
    fromMs: z.number(),
    callers: z.record(z.string(), z.object({ ok: z.number(), failed: z.number() })),
  }),
});
export type Breaker = z.infer<typeof breakerSchema>;

/** What became of the calls of one caller (a sync and a path) since it was last told. */
export interface Outcome {
  readonly caller: string;
  readonly ok: number;
  readonly failed: number;
  /** The last failure. */
  readonly code?: FailureCode;
}

export const closedBreaker: Breaker = {
  phase: 'closed',
  sinceMs: 0,
  retryAtMs: 0,
  failedTries: 0,
  downSinceMs: 0,
  reason: '',
  tally: { fromMs: 0, callers: {} },
};

const TALLY_MS = 30_000;
const FAILURES_TO_OPEN = 5;
const MAX_CALLERS = 32;
const FIRST_TRY_MS = 5_000;
const MAX_TRY_MS = 60_000;
/** Up for this long, it is as if it had never been down. */
const FORGIVEN_MS = 300_000;

const downCodes: ReadonlySet<FailureCode> = new Set([
  'CONNECTION_REFUSED',
  'CONNECTION_LOST',
  'DNS_FAILED',
  'TIMEOUT',
  'SERVER_ERROR',
]);

/** Whether a failure tells of the system, and not of the request: a 4xx is an answer. */
export const isDown = (code: FailureCode): boolean => downCodes.has(code);

/** `chance` (0 to 1) spreads the next try, so that systems that went down together are not tried together. */
export function noted(breaker: Breaker, outcomes: readonly Outcome[], nowMs: number, chance: number): Breaker {
  if (breaker.phase !== 'closed' || outcomes.length === 0) return breaker;
  const isOld = breaker.tally.fromMs + TALLY_MS <= nowMs;
  const callers = isOld ? {} : { ...breaker.tally.callers };
  for (const { caller, ok, failed } of outcomes) {
    const known = callers[caller];
    if (known === undefined && Object.keys(callers).length >= MAX_CALLERS) continue;
    callers[caller] = { ok: (known?.ok ?? 0) + ok, failed: (known?.failed ?? 0) + failed };
  }
  const tally = { fromMs: isOld ? nowMs : breaker.tally.fromMs, callers };
  const failedTries = nowMs - breaker.sinceMs > FORGIVEN_MS ? 0 : breaker.failedTries;
  const next = { ...breaker, tally, failedTries };
  const last = outcomes.findLast(({ code }) => code !== undefined)?.code;
  return last !== undefined && looksDown(callers) ? opened({ ...next, reason: last }, nowMs, chance) : next;
}

/** Down is what fails for everyone: a caller that succeeds without a failure proves that only the others' requests do. */
function looksDown(callers: Breaker['tally']['callers']): boolean {
  const all = Object.values(callers);
  const failed = all.reduce((sum, caller) => sum + caller.failed, 0);
  const ok = all.reduce((sum, caller) => sum + caller.ok, 0);
  return failed >= FAILURES_TO_OPEN && failed > ok && !all.some((caller) => caller.ok > 0 && caller.failed === 0);
}

function opened(breaker: Breaker, nowMs: number, chance: number): Breaker {
  const pauseMs = Math.min(MAX_TRY_MS, FIRST_TRY_MS * 2 ** breaker.failedTries) * (0.8 + 0.4 * chance);
  return {
    ...breaker,
    phase: 'open',
    sinceMs: nowMs,
    retryAtMs: nowMs + pauseMs,
    failedTries: breaker.failedTries + 1,
    downSinceMs: breaker.phase === 'closed' ? nowMs : breaker.downSinceMs,
    tally: { fromMs: nowMs, callers: {} },
  };
}

export type Admission =
  /** `try`: this call finds out whether the system is back; what became of it is told by `tried`. */
  { readonly kind: 'free' } | { readonly kind: 'try' } | { readonly kind: 'down'; readonly untilMs: number };

/**
 * Whether a call may go out. Where one is `waiting` when the next try is due, it becomes that try, for `tryMs` at most.
 */
export function admitted(
  breaker: Breaker,
  waiting: boolean,
  tryMs: number,
  nowMs: number,
): { readonly breaker: Breaker; readonly admission: Admission } {
  if (breaker.phase === 'closed') return { breaker, admission: { kind: 'free' } };
  if (breaker.retryAtMs > nowMs || !waiting)
    return { breaker, admission: { kind: 'down', untilMs: breaker.retryAtMs } };
  const trying: Breaker = { ...breaker, phase: 'half-open', sinceMs: nowMs, retryAtMs: nowMs + tryMs };
  return { breaker: trying, admission: { kind: 'try' } };
}

/** What became of the try. A try that nobody holds any more changes nothing. */
export function tried(breaker: Breaker, code: FailureCode | undefined, nowMs: number, chance: number): Breaker {
  if (breaker.phase !== 'half-open') return breaker;
  if (code !== undefined && isDown(code)) return opened({ ...breaker, reason: code }, nowMs, chance);
  return { ...breaker, phase: 'closed', sinceMs: nowMs, retryAtMs: 0, tally: { fromMs: nowMs, callers: {} } };
}

/** After a recovery as many calls at once as this, doubled each second; undefined when it is over, or never was down. */
export function rampOf({ phase, sinceMs, downSinceMs }: Breaker, nowMs: number): number | undefined {
  const seconds = (nowMs - sinceMs) / 1000;
  if (phase !== 'closed' || downSinceMs === 0 || seconds > RAMP_SECONDS) return undefined;
  return 2 ** Math.max(0, Math.floor(seconds));
}

const RAMP_SECONDS = 8;

/** In words, for messages and screens. */
export const reasonOf = ({ reason }: Breaker): FailureCode => (isFailureCode(reason) ? reason : 'SERVER_ERROR');
