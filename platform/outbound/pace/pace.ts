import type { FailureCode } from '../../../model/failure/failure.ts';
import type { Heard } from '../limits/announced.ts';
import { tried } from '../limits/breaker.ts';
import { heldAfter, type Refusal } from '../limits/hold.ts';
import { counted, Learnt, learntAfter } from '../limits/learned.ts';
import type { ConnectionState } from '../limits/state.ts';
import type { Outgoing } from '../pipeline.ts';
import { Alarm } from './alarm.ts';
import { Grants } from './grants.ts';
import { type Answered, type PaceParts, Question } from './lease-client.ts';
import { type Move, nextMove } from './next-move.ts';
import { Evidence } from './outcome-tally.ts';
import { notCalled, type Refused, refusalOf } from './refusals.ts';
import { ShareKeeper } from './share-keeper.ts';
import { Inquiry } from './single-flight.ts';
import { type Caller, WaitingRoom } from './waiting-room.ts';

/** A call that may go out. */
export interface Pass {
  readonly caller: string;
  /** It finds out whether a system that was down is back. */
  readonly isTry: boolean;
  /** By the worker's clock. */
  readonly startedMs: number;
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
  readonly #learnt = new Learnt();
  readonly #question: Question;
  readonly #alarm = new Alarm(() => this.#rung());
  readonly #share = new ShareKeeper(
    () => this.#inquiry.ask(),
    () => this.#running === 0 && this.#room.size === 0,
  );
  /** Tells the others what was seen and asks for the next calls. */
  readonly #inquiry = new Inquiry<Answered>({
    ask: () => this.#ask(),
    answered: (answer) => this.#accept(answer),
    outdated: ({ lease }) => this.#grants.giveBack(lease.slots?.length ?? 0),
    failed: (error) => this.#room.refuseAll(() => error),
    settled: () => this.#pump(),
  });
  #running = 0;

  constructor(parts: PaceParts) {
    this.#parts = parts;
    this.#question = new Question(parts);
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
      return { caller, isTry: false, startedMs: this.#nowMs() };
    }
    const turn = this.#room.wait(request, who);
    this.#pump();
    const isTry = await turn;
    return { caller, isTry, startedMs: this.#nowMs() };
  }

  /** The call has ended. `down` says with what the system showed that it is down; undefined: it answered. */
  leave({ caller, isTry }: Pass, down: FailureCode | undefined): void {
    this.#running--;
    this.#grants.answered();
    if (isTry) this.#change((state, ms) => ({ ...state, breaker: tried(state.breaker, down, ms, Math.random()) }));
    else this.#evidence.note(caller, down);
    if (down !== undefined) this.#askAnew();
    this.#keepShare();
    this.#pump();
  }

  /** The system answered a call by asking for fewer: no worker calls before the time that it named. */
  refused({ startedMs }: Pass, refusal: Pick<Refusal, 'code' | 'waitMs'>): void {
    const agoMs = this.#nowMs() - startedMs;
    const isSpaced = this.#perSecond() !== undefined;
    this.#change((state, nowMs) => heldAfter(state, { ...refusal, agoMs, isSpaced }, nowMs));
  }

  /** What an answer said of the limits of the system. */
  hear(heard: readonly Heard[]): void {
    const limit = this.#learnt.hear(heard, this.#nowMs());
    if (limit !== undefined) this.#change((state, nowMs) => learntAfter(state, limit, nowMs));
    const counting = counted(heard);
    this.#evidence.hear(counting);
    if (counting.some(({ left, units }) => left <= Math.max(5, (units ?? 0) / 10))) this.#askAnew();
  }

  close(): void {
    this.#alarm.stop();
    this.#share.stop();
  }

  #nowMs(): number {
    return this.#parts.clock.elapsedMs();
  }

  #mayStartNow(): boolean {
    const nowMs = this.#nowMs();
    const nextMs = this.#grants.next(nowMs);
    return nextMs !== undefined && nextMs <= nowMs && this.#running < this.#grants.atOnce(nowMs);
  }

  #start(): void {
    this.#running++;
    this.#grants.use(this.#nowMs());
    this.#keepShare();
  }

  /** Starts what may start, and sees to it that the rest is looked at in time. */
  #pump(): void {
    for (let move = this.#nextMove(); move !== undefined; move = this.#nextMove()) {
      if (move.asks) void this.#inquiry.ask();
      if (move.inMs !== undefined) this.#alarm.set(move.inMs, this.#nowMs());
      if (!move.starts) return;
      this.#start();
      this.#room.admit(false);
    }
  }

  #nextMove(): Move | undefined {
    const [grants, waiting, running] = [this.#grants, this.#room.size, this.#running];
    const facts = { grants, waiting, running, tookMs: this.#question.tookMs, nowMs: this.#nowMs() };
    return waiting === 0 ? undefined : nextMove(facts);
  }

  #rung(): void {
    if (this.#grants.isShared && this.#running >= this.#grants.atOnce(this.#nowMs())) void this.#inquiry.ask();
    else this.#pump();
  }

  #keepShare(): void {
    if (this.#grants.isShared) this.#share.keep();
  }

  /** What was granted no longer holds: nothing starts before it has been asked for again. */
  #askAnew(): void {
    this.#grants.expire();
    this.#inquiry.askAnew();
  }

  #ask(): Promise<Answered> {
    const [room, grants, evidence, running] = [this.#room, this.#grants, this.#evidence, this.#running];
    return this.#question.ask({ room, grants, evidence, running, perSecond: this.#perSecond() });
  }

  #perSecond(): number | undefined {
    return this.#learnt.under(this.#parts.connection.limits.perSecond);
  }

  #accept({ lease, breaker, nowMs, aheadMs }: Answered): void {
    const refused = refusalOf(lease, breaker, nowMs);
    if (refused === undefined) {
      this.#grants.accept(lease, aheadMs, this.#nowMs());
      if (lease.admission.kind === 'try' && lease.slots?.length !== 0) this.#try();
    } else this.#refuseAll(refused);
  }

  /** One call finds out whether the system is back; the others are not kept waiting for it. */
  #try(): void {
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
