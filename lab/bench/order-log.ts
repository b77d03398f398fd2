import { order, orderId, positionAt, timeOf } from '../../demo/orders.ts';

/** Orders that are generated; beyond them their texts repeat under new ids, so that ten millions fit in memory. */
const WRITTEN = 200_000;
const LIMIT = 1000;

interface Template {
  readonly body: Buffer;
  /** Where the digits of each id begin; -1 in an order that has none. */
  readonly ids: Int32Array;
  /** Where each `updatedAt` begins. */
  readonly times: Int32Array;
}

/**
 * The orders of the source as a log: order n lies at position n - 1, what has changed is appended. Pages of 1,000 are
 * written once; one of a later stretch is a copy with the ids and times of its own put in.
 */
export class OrderLog {
  readonly #orders: number;
  readonly #templates: Template[] = [];
  #changed: Buffer[] = [];
  #changes = 0;

  constructor(orders: number) {
    this.#orders = orders;
    for (let start = 0; start < Math.min(orders, WRITTEN); start += LIMIT) {
      this.#templates.push(template(start, Math.min(LIMIT, orders - start)));
    }
  }

  /** Where a reader begins: after its cursor, or at the first change since a time. */
  startOf(cursor: string | null, since: string | null): number {
    if (cursor !== null) return Number(cursor);
    return since === null ? 0 : positionAt(since);
  }

  /** The page that begins at a position. */
  page(start: number, limit: number): Buffer {
    if (limit === LIMIT && start % LIMIT === 0 && start + LIMIT <= this.#orders) return this.#whole(start);
    return this.#some(start, limit);
  }

  #whole(start: number): Buffer {
    const made = this.#templates[(start % WRITTEN) / LIMIT];
    if (made === undefined) return this.#some(start, LIMIT);
    const end = start + LIMIT;
    // The ten-millionth order has a longer id than there is room for.
    if (orderId(end).length > orderId(1).length) return this.#some(start, LIMIT);
    const next = end < this.#orders + this.#changes ? `"${end}"` : 'null';
    const tail = Buffer.from(`],"next":${next}}`);
    if (start < WRITTEN) return Buffer.concat([made.body, tail]);
    const body = Buffer.concat([made.body, tail]);
    for (let index = 0; index < LIMIT; index++) {
      const [id, time] = [made.ids[index] ?? -1, made.times[index] ?? -1];
      if (id >= 0) body.write(orderId(start + index + 1), id, 'latin1');
      body.write(timeOf(start + index), time, 'latin1');
    }
    return body;
  }

  #some(start: number, limit: number): Buffer {
    const all = this.#orders + this.#changes;
    const end = Math.min(start + limit, all);
    const texts: (Buffer | string)[] = [];
    for (let position = start; position < end; position++) {
      texts.push(
        position < this.#orders
          ? JSON.stringify(order(position + 1))
          : (this.#changed[position - this.#orders] ?? Buffer.from('null')),
      );
    }
    return Buffer.from(`{"orders":[${texts.join(',')}],"next":${end < all ? `"${end}"` : 'null'}}`);
  }

  /** Changes this share of the orders, spread evenly. Answers how many. */
  change(share: number): number {
    const count = Math.round(this.#orders * share);
    const stride = Math.max(1, Math.floor(this.#orders / Math.max(1, count)));
    for (let index = 0; index < count; index++) {
      const position = this.#orders + this.#changes++;
      this.#changed.push(Buffer.from(JSON.stringify(order(1 + index * stride, 1, { position }))));
    }
    return count;
  }

  reset(): void {
    this.#changed = [];
    this.#changes = 0;
  }
}

function template(start: number, count: number): Template {
  const parts: Buffer[] = [Buffer.from('{"orders":[')];
  const [ids, times] = [new Int32Array(count), new Int32Array(count)];
  let length = parts[0]?.length ?? 0;
  for (let index = 0; index < count; index++) {
    const text = Buffer.from(`${index === 0 ? '' : ','}${JSON.stringify(order(start + index + 1))}`);
    const id = text.indexOf(`"id":"`);
    ids[index] = id < 0 ? -1 : length + id + 6;
    times[index] = length + text.indexOf(`"updatedAt":"`) + 13;
    parts.push(text);
    length += text.length;
  }
  return { body: Buffer.concat(parts), ids, times };
}
