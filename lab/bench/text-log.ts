import { timeOf } from '../../demo/orders.ts';

/** A page of larger records ends here. */
const PAGE_BYTES = 1_000_000;

const words = 'invoice order parcel customer street city note amount '.repeat(4000);

/** Records of a stated size, for the measurement by size: an id, a text, a time. */
export class TextLog {
  readonly #records: number;
  readonly #bytes: number;

  /** `bytes`: of one record as JSON, about. */
  constructor(records: number, bytes: number) {
    this.#records = records;
    this.#bytes = bytes;
  }

  startOf(cursor: string | null): number {
    return Number(cursor ?? 0);
  }

  page(start: number, limit: number): Buffer {
    const most = Math.max(1, Math.min(limit, Math.floor(PAGE_BYTES / this.#bytes)));
    const end = Math.min(start + most, this.#records);
    const texts: string[] = [];
    for (let n = start; n < end; n++) {
      const id = `rec_${String(n + 1).padStart(8, '0')}`;
      const text = words.slice(n % 1000, (n % 1000) + Math.max(1, this.#bytes - 76));
      texts.push(`{"id":"${id}","text":"${text}","updatedAt":"${timeOf(n)}"}`);
    }
    return Buffer.from(`{"orders":[${texts.join(',')}],"next":${end < this.#records ? `"${end}"` : 'null'}}`);
  }

  change(): number {
    return 0;
  }

  reset(): void {}
}
