import { type BadKind, badKindOf, defaultBadShare, mix, order, orderId, positionAt } from './orders.ts';

export interface CatalogOptions {
  readonly orders: number;
  /** Share of bad orders, 0 to 1. Default 0.01. */
  readonly badShare?: number;
  /** Page bodies are kept up to this many bytes. Default 512 MiB. */
  readonly cacheBytes?: number;
}

/** What a checker needs to know: the sound orders with the revision they have now, and how many are bad in which way. */
export interface Truth {
  readonly orders: number;
  readonly valid: Readonly<Record<string, number>>;
  readonly bad: Readonly<Partial<Record<BadKind, number>>>;
}

/**
 * The orders of the shop as a log: order n is placed at position n - 1, and each change is appended, so that position
 * and time rise together. A page begins at a position; an entry that a later one has replaced is skipped. So a reader
 * sees each change exactly once, however the shop changes under it, and nothing is ever sorted or stored per order.
 */
export class Catalog {
  readonly #options: Required<CatalogOptions>;
  readonly #changes: { readonly n: number; readonly revision: number }[] = [];
  readonly #revisions = new Map<number, number>();
  readonly #pages = new Map<string, Buffer>();
  #pageBytes = 0;
  #changeRounds = 0;

  constructor(options: CatalogOptions) {
    this.#options = { badShare: defaultBadShare, cacheBytes: 512 * 1024 * 1024, ...options };
  }

  /** The body of the page that begins at `start`: `{"orders":[…],"next":"…"}`, `next` null on the last. */
  page(start: number, limit: number): Buffer {
    const name = `${start}:${limit}`;
    const known = this.#pages.get(name);
    if (known) return known;
    const body = this.#write(start, limit);
    if (this.#pageBytes + body.length <= this.#options.cacheBytes) {
      this.#pages.set(name, body);
      this.#pageBytes += body.length;
    }
    return body;
  }

  #write(start: number, limit: number): Buffer {
    const end = this.#options.orders + this.#changes.length;
    const found: string[] = [];
    let position = start;
    for (; position < end && found.length < limit; position++) {
      const current = this.#currentAt(position);
      if (!current) continue;
      const { badShare } = this.#options;
      found.push(JSON.stringify(order(current.n, current.revision, { position, badShare })));
    }
    const next = position < end ? JSON.stringify(cursorOf(position)) : 'null';
    return Buffer.from(`{"orders":[${found.join(',')}],"next":${next}}`);
  }

  #currentAt(position: number): { n: number; revision: number } | undefined {
    const { orders } = this.#options;
    const entry = position < orders ? { n: position + 1, revision: 0 } : this.#changes[position - orders];
    return entry && (this.#revisions.get(entry.n) ?? 0) === entry.revision ? entry : undefined;
  }

  /** Writes every page of this size ahead of time, so that reading them costs the shop nothing. */
  warm(limit: number): void {
    for (let start = 0; start < this.#options.orders; start += limit) this.page(start, limit);
  }

  /** Changes this share of the orders, spread evenly, other ones each time. Answers how many. */
  change(share: number): number {
    const { orders } = this.#options;
    const count = Math.min(orders, Math.round(orders * share));
    const stride = Math.max(1, Math.floor(orders / Math.max(1, count)));
    const offset = mix(this.#changeRounds++, 60) % orders;
    for (let i = 0; i < count; i++) this.#changeOne(1 + ((offset + i * stride) % orders));
    this.#pages.clear();
    this.#pageBytes = 0;
    return count;
  }

  #changeOne(n: number): void {
    const revision = (this.#revisions.get(n) ?? 0) + 1;
    this.#revisions.set(n, revision);
    this.#changes.push({ n, revision });
  }

  truth(): Truth {
    const valid: Record<string, number> = {};
    const bad: Partial<Record<BadKind, number>> = {};
    for (let n = 1; n <= this.#options.orders; n++) {
      const kind = badKindOf(n, this.#options.badShare);
      if (kind === undefined) valid[orderId(n)] = this.#revisions.get(n) ?? 0;
      else bad[kind] = (bad[kind] ?? 0) + 1;
    }
    return { orders: this.#options.orders, valid, bad };
  }
}

/** A cursor is opaque to readers: a base64url word that only `positionOf` understands. */
const cursorOf = (position: number): string => Buffer.from(`at:${position}`).toString('base64url');

/** The position of a cursor; undefined when it is none of ours. */
export function positionOf(cursor: string): number | undefined {
  const digits = /^at:(\d{1,12})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Where a reader begins who wants what changed at or after `time`; undefined when `time` is none. */
export function positionSince(time: string): number | undefined {
  const position = positionAt(time);
  return Number.isNaN(position) ? undefined : position;
}
