import type { FailureCode } from '../../model/failure.ts';
import { tried } from '../limits/breaker.ts';
import type { Heard } from '../limits/heard.ts';
import { counted, heldAfter, learntAfter, learntFrom, type Refusal } from '../limits/hold.ts';
import type { ConnectionState } from '../limits/state.ts';
import { Evidence } from './evidence.ts';
import { Grants } from './grants.ts';
import type { Outgoing } from './pipeline.ts';
import { type Answered, askStore, type PaceParts, type Standing } from './question.ts';
import { notCalled, type Refused, refusalOf } from './refusals.ts';
import { ShareKeeper } from './share-keeper.ts';
import { type Caller, WaitingRoom } from './waiting-room.ts';

/** Who waits for a share of the calls at once asks again after this. */
const POLL_MS = 250;

/** A call that may go out. */
export interface Pass {
  readonly caller: string;
  /** It finds out whether a system that was down is back. */
  readonly isTry: boolean;
}

/**
 * Decides when a call may start, under limits and a breaker that all workers share. A worker is granted some calls
 * ahead, so that few calls wait for the store.
 */
export class Pace {
  readonly #parts: PaceParts;
  readonly #room = new WaitingRoom();
  readonly #evidence = new Evidence();
  readonly #grants = new Grants();
  readonly #share = new ShareKeeper(
    () => this.#ask(),
    () => this.#running === 0 && this.#room.size === 0,
  );
  #running = 0;
  #asking: 'no' | 'yes' | 'again' = 'no';
  #askNotBeforeMs = Number.NEGATIVE_INFINITY;
  #learnt: number | undefined;
  #alarm: NodeJS.Timeout | undefined;

  constructor(parts: PaceParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when the call may start; `leave` has to follow. Throws the reason of the signal, or RATE_LIMITED,
   * QUOTA_SPENT or CONNECTION_DOWN when the wait is long.
   */
  async enter(request: Outgoing, who: Caller): Promise<Pass> {
    request.signal.throwIfAborted();
    const caller = `${who.lane} ${request.method} ${request.route}`.slice(0, 120);
    if (this.#room.size === 0 && this.#mayStartNow()) {
      this.#start();
      return { caller, isTry: false };
    }
    const turn = this.#room.wait(request, who);
    this.#pump();
    return { caller, isTry: await turn };
  }

  /** The call has ended. `down` says with what the system showed that it is down; undefined: it answered. */
  leave({ caller, isTry }: Pass, down: FailureCode | undefined): void {
    this.#running--;
    if (isTry) this.#change((state, ms) => ({ ...state, breaker: tried(state.breaker, down, ms, Math.random()) }));
    else this.#evidence.note(caller, down);
    if (down !== undefined) this.#askAnew();
    this.#keepShare();
    this.#pump();
  }

  /** The system asked for fewer calls: no worker calls before the time that it named. */
  refused(refusal: Refusal): void {
    const isSpaced = this.#perSecond() !== undefined;
    this.#change((state, nowMs) => heldAfter(state, { ...refusal, isSpaced }, nowMs));
  }

  /** What an answer said of the limits of the system. */
  hear(heard: readonly Heard[]): void {
    const limit = learntFrom(heard);
    if (limit !== undefined && limit !== this.#learnt) {
      this.#learnt = limit;
      this.#change((state, nowMs) => learntAfter(state, limit, nowMs));
    }
    const counting = counted(heard);
    this.#evidence.hear(counting);
    if (counting.some(({ left, units }) => left <= Math.max(5, (units ?? 0) / 10))) this.#askAnew();
  }

  close(): void {
    clearTimeout(this.#alarm);
    this.#share.stop();
  }

  #mayStartNow(): boolean {
    const nowMs = this.#parts.clock.elapsedMs();
    const nextMs = this.#grants.next(nowMs);
    return this.#running < this.#grants.concurrent && nextMs !== undefined && nextMs <= nowMs;
  }

  #start(): void {
    this.#running++;
    this.#grants.use();
    this.#keepShare();
  }

  /** Starts what may start, and sees to it that the rest is looked at in time. */
  #pump(): void {
    while (this.#room.size > 0) {
      const nowMs = this.#parts.clock.elapsedMs();
      const nextMs = this.#grants.next(nowMs);
      if (nextMs === undefined) {
        if (nowMs < this.#askNotBeforeMs) this.#wakeIn(this.#askNotBeforeMs - nowMs);
        else void this.#ask();
        return;
      }
      if (this.#running >= this.#grants.concurrent) {
        if (this.#grants.isShared) this.#wakeIn(POLL_MS);
        return;
      }
      if (nextMs > nowMs) {
        this.#wakeIn(nextMs - nowMs);
        return;
      }
      this.#start();
      this.#room.admit(false);
    }
  }

  #wakeIn(ms: number): void {
    this.#alarm ??= setTimeout(
      () => {
        this.#alarm = undefined;
        if (this.#running >= this.#grants.concurrent) void this.#ask();
        else this.#pump();
      },
      Math.max(1, Math.ceil(ms)),
    );
  }

  #keepShare(): void {
    if (this.#grants.isShared) this.#share.keep();
  }

  /** What was granted no longer holds: nothing starts before it has been asked for again. */
  #askAnew(): void {
    this.#grants.expire();
    if (this.#asking === 'no') void this.#ask();
    else this.#asking = 'again';
  }

  /** Tells the others what was seen and asks for the next calls. One question at a time. */
  async #ask(): Promise<void> {
    if (this.#asking !== 'no') return;
    this.#asking = 'yes';
    let answered: Answered | undefined;
    try {
      answered = await askStore(this.#parts, this.#standing());
    } catch (error) {
      this.#room.refuseAll(() => error);
    }
    const isOutdated = this.#isOutdated();
    this.#asking = 'no';
    if (isOutdated) {
      this.#grants.giveBack(answered?.lease.slots?.length ?? 0);
      return this.#ask();
    }
    if (answered !== undefined) this.#accept(answered);
    this.#pump();
  }

  /** Something happened since the question was asked. */
  #isOutdated(): boolean {
    return this.#asking === 'again';
  }

  #standing(): Standing {
    const [room, grants, evidence] = [this.#room, this.#grants, this.#evidence];
    return { room, grants, evidence, running: this.#running, perSecond: this.#perSecond() };
  }

  /** As stated, or as the system was heard to allow, whatever is less. */
  #perSecond(): number | undefined {
    const known = [this.#parts.connection.limits.perSecond, this.#learnt].filter((limit) => limit !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  #accept({ lease: granted, breaker, nowMs, aheadMs }: Answered): void {
    const refused = refusalOf(granted, breaker, nowMs);
    if (refused !== undefined) {
      this.#refuseAll(refused);
      return;
    }
    this.#grants.accept(granted, aheadMs, this.#parts.clock.elapsedMs());
    this.#askNotBeforeMs = granted.slots?.length === 0 ? granted.againMs + aheadMs : Number.NEGATIVE_INFINITY;
    if (granted.admission.kind !== 'try' || granted.slots?.length === 0) return;
    this.#start();
    if (!this.#room.admit(true)) this.#running--;
    this.#refuseAll({
      code: 'CONNECTION_DOWN',
      why: 'another call finds out whether the system is back',
      forMs: 2_000,
    });
  }

  #refuseAll(refused: Refused): void {
    this.#grants.expire();
    const nowMs = this.#parts.clock.now();
    this.#room.refuseAll((request) => notCalled(request, refused, nowMs));
  }

  /** A change of what is known together, which the next question comes after. */
  #change(next: (state: ConnectionState, nowMs: number) => ConnectionState): void {
    const { store, connection } = this.#parts;
    store.change(connection.name, (state, nowMs) => ({ state: next(state, nowMs), answer: undefined })).catch(() => {});
    this.#askAnew();
  }
}
