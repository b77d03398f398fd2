import type { Asked, Told } from './http.ts';
import type { Random } from './random.ts';

export interface SourceRecord {
  readonly id: string;
  /** A sequence number over all records: it rises with each change. */
  readonly version: number;
  readonly value?: string;
}

/**
 * The source: records by key, each with the sequence number of its last change, in the order of these numbers. Some are
 * bad for ever: `b…` lack a field, `x…` are refused by the destination.
 */
export class SourceSystem {
  readonly #records = new Map<string, SourceRecord>();
  #version = 0;

  /** Adds `added` records and changes `changed` of those there are. */
  change(random: Random, added: number, changed: number): void {
    const known = [...this.#records.keys()];
    for (let n = 0; n < added; n++)
      this.#put(`${random.pick(['r', 'r', 'r', 'r', 'r', 'r', 'r', 'b', 'x'])}${this.#version}`);
    for (let n = 0; n < changed && known.length > 0; n++) this.#put(known[random.int(0, known.length - 1)] ?? '');
  }

  #put(id: string): void {
    const version = ++this.#version;
    const value = id.startsWith('x') ? 'refuse' : `v${version}`;
    this.#records.delete(id);
    this.#records.set(id, id.startsWith('b') ? { id, version } : { id, version, value });
  }

  truth(): readonly SourceRecord[] {
    return [...this.#records.values()];
  }

  /** A page; now and then the record before it once more, as a source that is written to while it is read may do. */
  page({ query }: Asked, random: Random): Told {
    const since = Number(query.get('since') ?? 0);
    const after = Number(query.get('cursor') ?? 0);
    const limit = Number(query.get('limit') ?? 50);
    const all = this.truth().filter(({ version }) => version >= since);
    const rest = all.filter(({ version }) => version > after);
    const records = rest.slice(0, limit);
    const last = records.at(-1);
    const next = rest.length > limit && last ? String(last.version) : null;
    const again = random.chance(0.2) ? all.filter(({ version }) => version <= after).slice(-1) : [];
    return { status: 200, body: { records: [...again, ...records], next } };
  }
}
