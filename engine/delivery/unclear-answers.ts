import type { Intent } from '../../platform/ledger/deliveries/intents.ts';
import type { Outgoing } from './outgoing.ts';

/** Records of a request that was answered, of which the answer said nothing. They are in doubt under the intent. */
export interface Unclear {
  readonly intent: Intent;
  readonly records: readonly Outgoing[];
  /** The destination put some of them off, as by a 503 of their own: that may end by itself. */
  readonly later: boolean;
}

/** A request, or the part of one that was not answered. */
export type Part = Pick<Unclear, 'intent' | 'records'>;

/** What one attempt to deliver has left to settle, and how often the same records were answered so. */
export class UnclearAnswers {
  #left: Unclear[] = [];
  readonly #times = new Map<string, number>();

  /** `asAWhole`: its request had no other records. */
  add(part: Unclear, asAWhole: boolean): void {
    this.#left.push(part);
    if (asAWhole) this.#times.set(nameOf(part), this.timesOf(part) + 1);
  }

  take(): readonly Unclear[] {
    const parts = this.#left;
    this.#left = [];
    return parts;
  }

  /** A person, or another way, has settled what was under the intent. */
  drop({ id }: Intent): void {
    this.#left = this.#left.filter(({ intent }) => intent.id !== id);
  }

  timesOf(part: Part): number {
    return this.#times.get(nameOf(part)) ?? 0;
  }
}

const nameOf = ({ records }: Part): string => `${records[0]?.ordinal}/${records.length}`;
