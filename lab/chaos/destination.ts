import { z } from 'zod';
import type { Asked, Told } from './http.ts';

/** One effect, as the journal keeps it: for ever, in order. */
export interface Effect {
  readonly id: string;
  /** Of the record that was written; of a deletion, of the record that was there. */
  readonly version: number;
  readonly gone?: true;
}

const record = z.object({ id: z.string(), version: z.number(), value: z.string() });
type Written = z.output<typeof record>;
const bulk = z.object({ records: z.array(record) });

/** The destination of one delivery class. It does what its class promises and nothing more. */
export class DestinationSystem {
  readonly journal: Effect[] = [];
  readonly #held = new Map<string, Written>();
  /** Per idempotency key, the ids that have taken effect under it. */
  readonly #done = new Map<string, Set<string>>();
  readonly #remembers: boolean;

  constructor(remembers: boolean) {
    this.#remembers = remembers;
  }

  /** How many records a request names. */
  itemsIn(asked: Asked): number {
    if (asked.method === 'DELETE' || asked.path.endsWith('/record')) return 1;
    return bulk.parse(JSON.parse(asked.body.toString())).records.length;
  }

  /** Works on a write; of its items only the first `share` take effect. */
  write(asked: Asked, share: number): Told {
    if (asked.method === 'DELETE') return this.#remove(asked.path.split('/').at(-1) ?? '', share);
    const body: unknown = JSON.parse(asked.body.toString());
    if (asked.path.endsWith('/record')) return this.#one(record.parse(body), share);
    const items = bulk.parse(body).records;
    const limit = Math.ceil(items.length * share);
    const results = items.map((item, index) => {
      if (item.value === 'refuse') return { id: item.id, status: 'rejected', message: 'not wanted here' };
      if (index < limit) this.#put(item, asked.idempotencyKey);
      return { id: item.id, status: 'ok' };
    });
    return { status: 200, body: { results } };
  }

  #one(item: Written, share: number): Told {
    if (item.value === 'refuse') return { status: 422, body: { message: 'not wanted here' } };
    if (share > 0) this.#put(item, null);
    return { status: 200, body: { id: item.id } };
  }

  #put(item: Written, key: string | null): void {
    if (this.#remembers && key !== null) {
      const done = this.#done.get(key) ?? new Set();
      this.#done.set(key, done);
      if (done.has(item.id)) return;
      done.add(item.id);
    }
    this.journal.push({ id: item.id, version: item.version });
    this.#held.set(item.id, item);
  }

  #remove(id: string, share: number): Told {
    const held = this.#held.get(id);
    if (held === undefined) return { status: 404, body: { message: 'no such record' } };
    if (share > 0) {
      this.#held.delete(id);
      this.journal.push({ id, version: held.version, gone: true });
    }
    return { status: 200, body: {} };
  }

  lookUp({ query }: Asked): Told {
    const ids = (query.get('ids') ?? '').split(',');
    return { status: 200, body: { records: ids.flatMap((id) => this.#held.get(id) ?? []) } };
  }
}
