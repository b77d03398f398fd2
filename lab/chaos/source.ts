import type { Asked } from './http.ts';
import type { Random } from './random.ts';

export interface SourceRecord {
  readonly id: string;
  /** A sequence number over all changes and deletions: it rises with each. */
  readonly version: number;
  readonly value?: string;
}

/** A record that was deleted, and the sequence number of that. */
export interface Deletion {
  readonly id: string;
  readonly version: number;
}

export interface Change {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/**
 * The source: records by key, each with the sequence number of its last change, in the order of these numbers. Some are
 * bad for ever: `b…` lack a field, `x…` are refused by the destination.
 */
export class SourceSystem {
  readonly deletions: Deletion[] = [];
  readonly #records = new Map<string, SourceRecord>();
  #version = 0;

  /** Adds, changes and deletes some. What was deleted may come back, under its key and a higher version. */
  change(random: Random, { added, changed, removed }: Change): void {
    const known = [...this.#records.keys()];
    const draw = () => known[random.int(0, known.length - 1)] ?? '';
    for (let n = 0; n < added; n++) {
      const back = random.chance(0.1) ? this.deletions[random.int(0, this.deletions.length - 1)] : undefined;
      this.#put(back?.id ?? `${random.pick(['r', 'r', 'r', 'r', 'r', 'r', 'r', 'b', 'x'])}${this.#version}`);
    }
    if (known.length === 0) return;
    for (let n = 0; n < changed; n++) this.#put(draw());
    for (let n = 0; n < removed; n++) this.#remove(draw());
  }

  #put(id: string): void {
    const version = ++this.#version;
    const value = id.startsWith('x') ? 'refuse' : `v${version}`;
    this.#records.delete(id);
    this.#records.set(id, id.startsWith('b') ? { id, version } : { id, version, value });
  }

  #remove(id: string): void {
    if (this.#records.delete(id)) this.deletions.push({ id, version: ++this.#version });
  }

  truth(): readonly SourceRecord[] {
    return [...this.#records.values()];
  }

  /**
   * A page; now and then the record before it once more, as a source that is written to while it is read may do.
   * `forgets`: a read of everything ends after its first page, and says that this was all.
   */
  page({ query }: Asked, random: Random, forgets: boolean): { readonly status: number; readonly body: SourcePage } {
    const since = Number(query.get('since') ?? 0);
    const after = Number(query.get('cursor') ?? 0);
    const limit = Number(query.get('limit') ?? 50);
    const all = this.truth().filter(({ version }) => version >= since);
    const rest = all.filter(({ version }) => version > after);
    const records = rest.slice(0, limit);
    const last = records.at(-1);
    const ends = rest.length <= limit || last === undefined || (forgets && since === 0);
    const again = random.chance(0.2) ? all.filter(({ version }) => version <= after).slice(-1) : [];
    return { status: 200, body: { records: [...again, ...records], next: ends ? null : String(last.version) } };
  }
}

export interface SourcePage {
  readonly records: readonly SourceRecord[];
  readonly next: string | null;
}
