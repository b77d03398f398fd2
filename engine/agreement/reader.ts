import { setTimeout as sleep } from 'node:timers/promises';
import type { Destination, ReadBack } from '../../model/connector/connector.ts';
import type { Judged } from '../../model/record/agreement.ts';
import { type ReadBackRules, readKey } from '../delivery/read-back.ts';
import { type ContentJudge, contentJudge } from './content-judge.ts';

/** A record as it was sent, and by what it is looked for. */
export interface Sent {
  readonly key: string;
  readonly destinationId: string | null;
  readonly json: string;
}

/** Reads records back and compares them with what was sent. */
export class Reader {
  readonly #destination: Destination;
  readonly #judge: ContentJudge;
  readonly #signal: AbortSignal;

  constructor(destination: Destination, rules: ReadBackRules, signal: AbortSignal) {
    this.#signal = signal;
    this.#destination = destination;
    this.#judge = contentJudge(destination, rules);
  }

  async read(records: readonly Pick<Sent, 'key' | 'destinationId'>[]): Promise<readonly (ReadBack | undefined)[]> {
    this.#signal.throwIfAborted();
    const keys = records.map((record) => readKey(this.#destination, record));
    const back = await this.#destination.read?.(keys, this.#signal);
    return keys.map((key) => back?.get(key));
  }

  /** What was written a moment ago may not be visible yet: what is absent is read again when the destination's lag is over. */
  async readVisible(records: readonly Sent[]): Promise<readonly (ReadBack | undefined)[]> {
    const back = await this.read(records);
    const absent = records.filter((_, index) => back[index] === undefined);
    const { lookupLagMs } = this.#destination.can;
    if (absent.length === 0 || !lookupLagMs) return back;
    await sleep(lookupLagMs, undefined, { signal: this.#signal });
    const later = (await this.read(absent)).values();
    return back.map((one) => one ?? later.next().value);
  }

  async judge(records: readonly Sent[], back: readonly (ReadBack | undefined)[]): Promise<readonly Judged[]> {
    const returned = records.map(({ json }, index) => ({ json, back: back[index] }));
    return this.#judge(returned, this.#signal);
  }
}
