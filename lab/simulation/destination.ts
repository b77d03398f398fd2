import type { Destination, ItemOutcome, WriteItem, WriteRequest } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Json } from '../../model/record/json.ts';
import type { DeliveryCapabilities, DeliveryClass } from '../../model/sync/delivery.ts';

/** What befalls one write: how many of its items take effect, and what the caller is told. */
export type Fate = 'done' | 'refused' | 'lost before' | 'lost after' | 'lost half way' | 'item refused';

export interface Effect {
  readonly key: string;
  readonly version: number;
  readonly gone?: true;
}

const capabilities: Record<DeliveryClass, DeliveryCapabilities> = {
  T1: { transaction: true },
  T2: { idempotencyKeyHours: 24 },
  T3: { upsert: true },
  T4: { lookupLagMs: 0 },
  T5: {},
};

/**
 * The destination of the simulation, one for each delivery class, with an append-only journal of its effects. It knows
 * what its class knows and no more: T1 refuses an older fence and recognises a request, T2 recognises a request, T3
 * replaces by key, T4 can be asked, T5 takes whatever comes.
 */
export class SimulatedDestination {
  readonly effects: Effect[] = [];
  readonly state = new Map<string, Json>();
  readonly #versions = new Map<string, number>();
  readonly #class: DeliveryClass;
  readonly #fates: Fate[];
  readonly #answers = new Map<string, (ItemOutcome | undefined)[]>();
  #fence = 0;
  healed = false;

  constructor(promise: DeliveryClass, fates: readonly Fate[]) {
    this.#class = promise;
    this.#fates = [...fates];
  }

  open(): Destination {
    return {
      can: capabilities[this.#class],
      limits: { records: this.#class === 'T5' ? 1 : 3, bytes: 1_000_000, concurrency: 1 },
      write: async (request) => this.#write(request),
      read: async (keys) =>
        new Map(keys.flatMap((key) => (this.state.has(key) ? [[key, { record: this.state.get(key) ?? null }]] : []))),
    };
  }

  #write(request: WriteRequest): readonly ItemOutcome[] {
    if (this.#class === 'T1') this.#takeFence(request.fence.number);
    const fate = (this.healed ? undefined : this.#fates.shift()) ?? 'done';
    if (fate === 'refused') throw new SyncFailure('CONNECTION_REFUSED', 'refused', { effect: 'none' });
    if (fate === 'lost before') throw new SyncFailure('TIMEOUT', 'no answer', { effect: 'unknown' });
    // A transaction is whole or not at all; everything else may stop in the middle.
    const limit =
      fate === 'lost half way' && this.#class !== 'T1' ? Math.floor(request.items.length / 2) : request.items.length;
    const outcomes = this.#apply(request, limit, fate === 'item refused');
    if (fate.startsWith('lost')) throw new SyncFailure('TIMEOUT', 'no answer', { effect: 'unknown' });
    return outcomes;
  }

  #takeFence(number: number): void {
    if (number < this.#fence) throw new SyncFailure('FENCED', 'an older writer', { effect: 'none' });
    this.#fence = number;
  }

  #apply(request: WriteRequest, limit: number, refuseFirst: boolean): readonly ItemOutcome[] {
    const remembers = this.#class === 'T1' || this.#class === 'T2';
    const known = remembers ? (this.#answers.get(request.id) ?? []) : [];
    const outcomes = request.items.map((item, index): ItemOutcome => {
      const before = known[index];
      if (before) return before;
      if (index >= limit) return { state: 'unknown' };
      const refused: ItemOutcome = { state: 'rejected', code: 'RECORD_REJECTED', reason: 'not wanted' };
      const outcome: ItemOutcome = refuseFirst && index === 0 && !this.#has(item) ? refused : { state: 'confirmed' };
      if (outcome.state === 'confirmed') this.#effect(item);
      known[index] = outcome;
      return outcome;
    });
    if (remembers) this.#answers.set(request.id, known);
    return outcomes;
  }

  /** What was taken once is not refused later. */
  #has({ key, json }: WriteItem): boolean {
    return JSON.stringify(this.state.get(key)) === json;
  }

  #effect({ key, op, json }: WriteItem): void {
    const before = this.#versions.get(key);
    if (op === 'delete') {
      if (!this.state.delete(key) || before === undefined) return;
      this.effects.push({ key, version: before, gone: true });
      return;
    }
    const record: { readonly version: number } = JSON.parse(json);
    this.effects.push({ key, version: record.version });
    this.#versions.set(key, record.version);
    this.state.set(key, JSON.parse(json));
  }
}
