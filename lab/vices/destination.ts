import { z } from 'zod';
import type { Asked, Told } from '../chaos/http.ts';
import type { Vice } from './vice.ts';

const row = z.object({ id: z.string(), text: z.string() });
export type Row = z.output<typeof row>;
const bulk = z.object({ records: z.array(row) });

interface Result {
  readonly id: string;
  readonly status: 'ok' | 'rejected';
  readonly message?: string;
}

/** Which keys the destination takes for one: those that this makes equal. */
export function foldOf(vices: ReadonlySet<Vice>): (key: string) => string {
  if (vices.has('folded-case')) return (key) => key.toLowerCase();
  if (vices.has('stripped-zeros')) return (key) => key.replace(/^0+(?=.)/, '');
  return (key) => key;
}

const isBulk = (body: Buffer): boolean => bulk.safeParse(JSON.parse(body.toString())).success;

function recordsIn(body: Buffer): readonly Row[] {
  const sent: unknown = JSON.parse(body.toString());
  return z
    .union([bulk, row])
    .transform((found) => ('records' in found ? found.records : [found]))
    .parse(sent);
}

/** Every so many records one is lost. */
const LOST_EVERY = 3;

/** Records between two moments of rest that are a flood, and how many it keeps of one. */
const FLOOD_RECORDS = 50;
const KEPT_OF_FLOOD = 12;

/** A destination with the vices of ordinary systems: `POST`, `GET ?ids=` and `DELETE` below `/records`. */
export class ViciousDestination {
  /** Records that it was sent, whatever became of them. */
  sent = 0;
  readonly #vices: ReadonlySet<Vice>;
  readonly #fold: (key: string) => string;
  readonly #rows = new Map<string, Row>();
  /** Keys that were stored since it last rested. */
  readonly #sinceRest = new Set<string>();
  /** What a request was answered whose repetition is recognised. */
  readonly #answers = new Map<string, Told>();
  /** Records that it would have stored. */
  #taken = 0;
  #mended = false;
  #healed = false;

  constructor(vices: ReadonlySet<Vice>) {
    this.#vices = vices;
    this.#fold = foldOf(vices);
  }

  get rows(): readonly Row[] {
    return [...this.#rows.values()];
  }

  /** Whether somebody has something to mend. */
  get isClosed(): boolean {
    return this.#has('closed-for-a-while') && !this.#mended;
  }

  mend(): void {
    this.#mended = true;
  }

  /** Nothing comes for a while. */
  rest(): void {
    this.#sinceRest.clear();
  }

  /** The vices end. Which keys it takes for one, and how it answers, stays. */
  heal(): void {
    this.#healed = true;
  }

  /** Of the records in a request only the first `share` take effect. */
  write(asked: Asked, share = 1): Told {
    if (asked.method === 'DELETE') return this.#remove(decodeURIComponent(asked.path.split('/').at(-1) ?? ''), share);
    const { idempotencyKey } = asked;
    const known = idempotencyKey === null ? undefined : this.#answers.get(idempotencyKey);
    if (known) return known;
    const told = this.#write(asked.body, share);
    if (idempotencyKey !== null && share === 1) this.#answers.set(idempotencyKey, told);
    return told;
  }

  /** How many records a request names. */
  itemsIn({ method, body }: Asked): number {
    return method === 'DELETE' ? 1 : recordsIn(body).length;
  }

  #write(body: Buffer, share: number): Told {
    const records = recordsIn(body);
    this.sent += records.length;
    if (this.#has('refused-request') && records.some(({ id }) => id.endsWith('2')))
      return { status: 422, body: { message: 'not like this' } };
    const limit = Math.ceil(records.length * share);
    const results = records.map((record, index): Result => {
      const refusal = this.#refusal(record);
      if (refusal !== undefined) return { id: record.id, status: 'rejected', message: refusal };
      const isTail = records.length > 1 && index === records.length - 1;
      if (index < limit && !this.#loses(record, isTail)) this.#put(record);
      return { id: record.id, status: 'ok' };
    });
    const [only] = results;
    if (!isBulk(body))
      return { status: only?.status === 'rejected' ? 422 : 200, body: { id: only?.id, message: only?.message } };
    return this.#told(results);
  }

  #told(results: readonly Result[]): Told {
    if (this.#vices.has('results-apart'))
      return {
        status: 207,
        body: {
          results: results.filter(({ status }) => status === 'ok'),
          errors: results.filter(({ status }) => status !== 'ok').map(({ id, message }) => ({ id, message })),
        },
      };
    if (this.#has('fewer-results'))
      return { status: 200, body: { results: results.slice(0, Math.ceil(results.length / 2)) } };
    return { status: 200, body: { results } };
  }

  #has(vice: Vice): boolean {
    return !this.#healed && this.#vices.has(vice);
  }

  #refusal({ text }: Row): string | undefined {
    if (this.isClosed) return 'nothing is taken here';
    return text.startsWith('refuse') ? 'not wanted here' : undefined;
  }

  #loses({ id }: Row, isTail: boolean): boolean {
    if (this.#has('lost-writes') && ++this.#taken % LOST_EVERY === 0) return true;
    if (this.#has('dropped-row') && /[37]$/.test(id)) return true;
    return isTail && this.#has('lost-tail');
  }

  #put({ id, text }: Row): void {
    const key = this.#fold(id);
    this.#sinceRest.add(key);
    this.#rows.set(key, { id: key, text: this.#has('bent-values') && /[147]$/.test(id) ? text.toUpperCase() : text });
    this.#mayOverflow();
  }

  /** As a queue does that overflows after it has answered. */
  #mayOverflow(): void {
    if (!this.#has('lost-flood') || this.#sinceRest.size < FLOOD_RECORDS) return;
    for (const key of [...this.#sinceRest].slice(KEPT_OF_FLOOD)) this.#rows.delete(key);
  }

  #remove(id: string, share: number): Told {
    if (!this.#rows.has(this.#fold(id))) return { status: 404, body: { message: 'no such record' } };
    if (share > 0) this.#rows.delete(this.#fold(id));
    return { status: 200, body: {} };
  }

  lookUp({ query }: Pick<Asked, 'query'>): Told {
    const ids = (query.get('ids') ?? '').split(',');
    return { status: 200, body: { records: ids.flatMap((id) => this.#rows.get(this.#fold(id)) ?? []) } };
  }
}
