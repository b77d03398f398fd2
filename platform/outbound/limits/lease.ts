import type { CallLimits } from '../../../model/connection/connection.ts';
import { DAY_MS } from '../../../model/text/duration.ts';
import { afterToldCalls, type Heard, stillTold, toldAfter, toldRoomAtMs } from './announced.ts';
import { type Admission, admitted, noted, type Outcome, rampOf } from './breaker.ts';
import { tempoNow } from './hold.ts';
import { type Quota, roomAtMs, spend } from './quota.ts';
import { share } from './shares.ts';
import { dueAfter, nextStartMs, spacingOf } from './spacing.ts';
import type { ConnectionState, Decided } from './state.ts';

/** What a worker says of itself, and asks for. */
export interface Ask {
  readonly worker: string;
  readonly limits: CallLimits;
  /** Calls under way. */
  readonly running: number;
  /** Calls that wait, without those that have a slot; and how many of them may touch the reserve. */
  readonly waiting: number;
  readonly privileged: number;
  /** Calls that were granted and never made: given back. */
  readonly unused: number;
  /** Slots beyond what waits, against a question per call; only given while nobody waits for them. */
  readonly spare: number;
  readonly outcomes: readonly Outcome[];
  readonly heard: readonly Heard[];
  /** How long a try of a system that was down may take. */
  readonly tryMs: number;
  /** 0 to 1. */
  readonly chance: number;
}

/** What a worker is given. Times as in the state. */
export interface Lease {
  readonly admission: Admission;
  readonly held: ConnectionState['held'];
  /** When each granted call may start; null: no limit says when. */
  readonly slots: readonly number[] | null;
  /** The slots follow each other evenly: one that is not used in time is lost. */
  readonly isSpaced: boolean;
  /** Calls that this worker may have under way; null: as many as it likes. */
  readonly concurrent: number | null;
  /** When it makes sense to ask again for what was not granted. */
  readonly againMs: number;
  /** A quota that has run out: which, and when it has room. */
  readonly spent: { readonly window: 'minute' | 'day' | 'told'; readonly untilMs: number } | null;
}

/** Slots are given this far ahead: a worker that dies loses no more, and a late comer waits no longer. */
const AHEAD_MS = 250;
export const DEFAULT_RESERVE = 0.05;

export const minuteQuota = ({ perMinute }: CallLimits): Quota | undefined =>
  perMinute === undefined ? undefined : { units: perMinute, windowMs: 60_000 };
export const dayQuota = ({ perDay, resetAt, zone = 'UTC' }: CallLimits): Quota | undefined =>
  perDay === undefined
    ? undefined
    : { units: perDay, windowMs: DAY_MS, ...(resetAt !== undefined && { reset: { at: resetAt, zone } }) };

/** Takes in what a worker has seen and gives it the next calls, under every limit at once. Pure. */
export function lease(before: ConnectionState, ask: Ask, nowMs: number): Decided<Lease> {
  const heard = ask.heard.length > 0 ? { ...before, told: toldAfter(before.told, ask.heard, nowMs) } : before;
  const breaker = noted(heard.breaker, ask.outcomes, nowMs, ask.chance);
  const { admission, breaker: after } = admitted(breaker, ask.waiting > 0, ask.tryMs, nowMs);
  const known = ask.unused > 0 ? afterCalls(heard, ask.limits, -ask.unused, nowMs) : heard;
  const state = after === known.breaker ? known : { ...known, breaker: after };
  const held = state.held !== null && state.held.untilMs > nowMs ? state.held : null;
  const none = {
    admission,
    held,
    slots: [],
    isSpaced: false,
    concurrent: 0,
    againMs: held?.untilMs ?? nowMs,
    spent: null,
  };
  if (admission.kind === 'down') return { state, answer: none };
  if (held !== null) return { state, answer: none };
  const shared = withShare(state, ask, nowMs);
  const wanted = admission.kind === 'try' ? 1 : ask.waiting;
  const granted = withSlots(shared.state, { ...ask, waiting: wanted }, nowMs);
  // A try that no limit lets out is none: the next who comes makes it.
  const isTried = admission.kind !== 'try' || granted.answer.slots === null || granted.answer.slots.length > 0;
  return {
    state: isTried ? granted.state : { ...granted.state, breaker },
    answer: { ...none, ...granted.answer, concurrent: shared.answer },
  };
}

function withShare(state: ConnectionState, ask: Ask, nowMs: number): Decided<number | null> {
  const ramp = rampOf(state.breaker, nowMs);
  const { concurrent } = ask.limits;
  if (concurrent === undefined && ramp === undefined) return { state, answer: null };
  const total = Math.min(concurrent ?? Number.POSITIVE_INFINITY, ramp ?? Number.POSITIVE_INFINITY);
  const { workers, may } = share(
    state.workers,
    { worker: ask.worker, running: ask.running, wants: ask.running + ask.waiting },
    total,
    nowMs,
  );
  return { state: { ...state, workers }, answer: may };
}

type Granted = Pick<Lease, 'slots' | 'isSpaced' | 'againMs' | 'spent'>;

function withSlots(before: ConnectionState, ask: Ask, nowMs: number): Decided<Granted> {
  const spacing = spacingOf(effective(before, ask.limits, nowMs));
  const told = stillTold(before.told, nowMs);
  const counted = dayQuota(ask.limits) ?? minuteQuota(ask.limits);
  if (!spacing && !counted && Object.keys(told).length === 0)
    return { state: before, answer: { slots: null, isSpaced: false, againMs: nowMs, spent: null } };

  let state: ConnectionState = { ...before, told, dueMs: Math.min(before.dueMs, nowMs + 4 * AHEAD_MS) };
  // Somebody waits for the slots that are due later: none are given that nobody waits for.
  const spare = spacing && state.dueMs > nowMs ? 0 : ask.spare;
  const slots: number[] = [];
  let spent: Lease['spent'] = null;
  let againMs = nowMs;
  while (slots.length < Math.max(ask.waiting, spare)) {
    const startMs = spacing ? nextStartMs(spacing, state.dueMs, nowMs) : nowMs;
    if (startMs > nowMs + AHEAD_MS) {
      againMs = startMs - AHEAD_MS / 2;
      break;
    }
    spent = spentOf(state, ask, slots.length < ask.privileged, nowMs);
    if (spent !== null) {
      againMs = spent.untilMs;
      break;
    }
    slots.push(startMs);
    state = afterCalls(state, ask.limits, 1, nowMs);
    if (spacing) state = { ...state, dueMs: dueAfter(spacing, state.dueMs, nowMs) };
  }
  return { state, answer: { slots, isSpaced: spacing !== undefined, againMs, spent: slots.length > 0 ? null : spent } };
}

/** The limits that hold: the stated ones, or what the system was heard to allow where that is less; a little below after a refusal. */
export function effective(state: ConnectionState, limits: CallLimits, nowMs: number): CallLimits {
  const { learntPerSecond } = state;
  const learnt = learntPerSecond !== null && learntPerSecond.untilMs > nowMs ? learntPerSecond.limit : undefined;
  const perSecond = Math.min(limits.perSecond ?? Number.POSITIVE_INFINITY, learnt ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(perSecond) ? { ...limits, perSecond: perSecond * tempoNow(state, nowMs) } : limits;
}

/** The quota without room for one more call, that has room last. A part is kept for those who may touch the reserve. */
function spentOf(state: ConnectionState, { limits }: Ask, isPrivileged: boolean, nowMs: number): Lease['spent'] {
  const units = limits.costPerCall ?? 1;
  const share = isPrivileged ? 0 : (limits.reserve ?? DEFAULT_RESERVE);
  const roomAt = (quota: Quota | undefined, spent: ConnectionState['day']): number =>
    quota === undefined ? nowMs : roomAtMs(quota, spent, units, Math.floor(quota.units * share), nowMs);
  const waits = [
    { window: 'minute' as const, untilMs: roomAt(minuteQuota(limits), state.minute) },
    { window: 'day' as const, untilMs: roomAt(dayQuota(limits), state.day) },
    { window: 'told' as const, untilMs: toldRoomAtMs(state.told, nowMs) },
  ];
  const longest = waits.reduce((last, wait) => (wait.untilMs > last.untilMs ? wait : last));
  return longest.untilMs > nowMs ? longest : null;
}

function afterCalls(state: ConnectionState, limits: CallLimits, calls: number, nowMs: number): ConnectionState {
  const units = calls * (limits.costPerCall ?? 1);
  const [minute, day] = [minuteQuota(limits), dayQuota(limits)];
  return {
    ...state,
    told: afterToldCalls(state.told, calls),
    ...(minute && { minute: spend(minute, state.minute, units, nowMs) }),
    ...(day && { day: spend(day, state.day, units, nowMs) }),
  };
}
