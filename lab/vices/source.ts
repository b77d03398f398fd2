import type { Asked, Told } from '../chaos/http.ts';
import { isFiltering, type StampForm, stampFormOf } from './stamps.ts';
import type { Vice } from './vice.ts';

/** A record as the source gives it. */
export interface ViciousRecord {
  readonly id: string;
  /** Absent where the source has no stamps. */
  readonly at?: string | number;
  readonly text: string;
}

interface Held extends ViciousRecord {
  /** What it says of itself is not what a sound source would say: it is put right when the vices end. */
  readonly odd: boolean;
  /** The same key once more, at the end of a read. */
  readonly twin?: ViciousRecord;
}

/** What happens between two pages of one read. */
export interface Meanwhile {
  readonly changes: readonly number[];
  readonly removals: readonly number[];
}

/** Between two changes: so small that some fall into one second. */
const TICK_MS = 700;
/** Between two runs: far more than the overlap, which would hide what a filter loses. */
export const BETWEEN_RUNS_MS = 600_000;
const DAY_MS = 86_400_000;
/** From this number on, a record is spelt like another, ten below it, but for what the destination folds. */
const SPELT_LIKE_ANOTHER = 10;

/** Spelt in another way at first, and at every other change. */
const isRespelt = (n: number): boolean => n % 4 === 0 && n > 0 && n < SPELT_LIKE_ANOTHER;

/**
 * A source with the vices of ordinary systems, below `GET /records`. Records have numbers, and which of them a vice
 * befalls follows from the number and from how often the record has changed: a schedule repeats it.
 */
export class ViciousSource {
  readonly #vices: ReadonlySet<Vice>;
  readonly #form: StampForm;
  readonly #held = new Map<number, Held>();
  readonly #late = new Map<number, Held>();
  readonly #changes = new Map<number, number>();
  #meanwhile: Meanwhile = { changes: [], removals: [] };
  #nowMs: number;
  readonly #pauseMs: number;
  #versions = 0;
  #healed = false;

  /** `pauseMs`: how much time passes between two runs, by its clock. */
  constructor(vices: ReadonlySet<Vice>, nowMs: number, pauseMs = BETWEEN_RUNS_MS) {
    this.#pauseMs = pauseMs;
    this.#vices = vices;
    this.#form = stampFormOf(vices);
    this.#nowMs = nowMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** What the source holds, by its word: the later of two records with one key counts. */
  get records(): ReadonlySet<ViciousRecord> {
    return new Set([...this.#held.values()].map((held) => held.twin ?? held));
  }

  change(n: number): void {
    const count = (this.#changes.get(n) ?? 0) + 1;
    this.#changes.set(n, count);
    this.#nowMs += TICK_MS;
    const text = `${this.#isRefused(n, count) ? 'refuse ' : ''}v${++this.#versions}`;
    const stamp = this.#stamp(n, count);
    const id = this.#id(n, count);
    const record = this.#vices.has('no-stamps') ? { id, text } : { id, at: stamp.at, text };
    const twin = this.#vices.has('repeated-key') && n % 5 === 4 ? { ...record, text: `${text} twin` } : undefined;
    const held = {
      ...record,
      odd: stamp.odd || text !== `v${this.#versions}` || twin !== undefined,
      ...(twin && { twin }),
    };
    if (!this.#healed && this.#commitsLate && n % 3 === 0) this.#late.set(n, held);
    else this.#put(n, held);
  }

  remove(n: number): void {
    this.#late.delete(n);
    this.#held.delete(n);
  }

  /** To be said after a run: what was not visible yet becomes so, and time passes. */
  pass(): void {
    this.#settle();
    for (const [n, held] of this.#late) this.#put(n, held);
    this.#late.clear();
    this.#nowMs += this.#pauseMs;
  }

  /** What happens after the first page of the next read whose pages are counted; of any other, before it. */
  meanwhile(more: Meanwhile): void {
    this.#meanwhile = more;
    if (!this.#has('counted-pages')) this.#settle();
  }

  /** The vices end: what is odd is put right, as a change. How it filters, counts and writes times stays. */
  heal(): void {
    this.pass();
    this.#healed = true;
    for (const [n, { odd }] of [...this.#held]) if (odd) this.change(n);
  }

  answer({ query }: Pick<Asked, 'query'>): Told {
    const since = query.get('since');
    const limit = Number(query.get('limit') ?? 3);
    const given = [...this.#held.values()].sort((a, b) => this.#form.order(a.at ?? 0) - this.#form.order(b.at ?? 0));
    const listed = [...given, ...given.flatMap(({ twin }) => twin ?? [])];
    const all = since === null ? listed : listed.filter(({ at = since }) => this.#form.gives(at, since));
    const from = Number(query.get('offset') ?? query.get('cursor') ?? 0);
    const records = all
      .slice(from, from + limit)
      .map(({ id, at, text }) => ({ id, ...(at !== undefined && { at }), text }));
    if (query.has('offset')) {
      if (records.length > 0) this.#settle();
      return { status: 200, body: { records, total: all.length } };
    }
    const next = from + limit < all.length ? String(from + limit) : null;
    return { status: 200, body: { records, next } };
  }

  #settle(): void {
    const { changes, removals } = this.#meanwhile;
    this.#meanwhile = { changes: [], removals: [] };
    for (const n of removals) this.remove(n);
    for (const n of changes) this.change(n);
  }

  #put(n: number, held: Held): void {
    this.#held.delete(n);
    this.#held.set(n, held);
  }

  #has(vice: Vice): boolean {
    return !this.#healed && this.#vices.has(vice);
  }

  /** What a filter loses, it loses of what is committed late. */
  get #commitsLate(): boolean {
    return this.#vices.has('late-commit') || isFiltering(this.#vices);
  }

  #isRefused(n: number, count: number): boolean {
    return (this.#has('refused-record') || this.#has('results-apart')) && n % 6 === 5 && count % 2 === 1;
  }

  #stamp(n: number, count: number): { readonly at: string | number; readonly odd: boolean } {
    const odd = count % 2 === 1;
    const real = this.#form.write(this.#nowMs);
    if (odd && n % 5 === 1 && this.#has('future-stamp')) return { at: this.#form.write(Date.UTC(9999, 11, 30)), odd };
    if (odd && n % 5 === 1 && this.#has('day-ahead-stamp')) return { at: this.#form.write(this.#nowMs + DAY_MS), odd };
    if (odd && n % 5 === 2 && this.#has('other-kind-stamp')) return { at: 'soon', odd };
    if (odd && n % 5 === 3 && this.#has('other-kind-stamp'))
      return { at: typeof real === 'number' ? new Date(this.#nowMs).toISOString() : 20_261_130, odd };
    return { at: real, odd: false };
  }

  #id(n: number, count: number): string {
    const { plain, other } = this.#spellings;
    const folds = this.#vices.has('stripped-zeros') || this.#vices.has('folded-case');
    // Not like one that is itself spelt in both ways: the two would have one key, and the source gives a key once.
    if (folds && n >= SPELT_LIKE_ANOTHER && !isRespelt(n - SPELT_LIKE_ANOTHER)) return other(n - SPELT_LIKE_ANOTHER);
    const respells = (folds || this.#vices.has('respelt-key')) && isRespelt(n);
    return respells && count % 2 === 1 ? other(n) : plain(n);
  }

  get #spellings(): { readonly plain: (n: number) => string; readonly other: (n: number) => string } {
    return this.#vices.has('stripped-zeros')
      ? { plain: (n) => `${n}`, other: (n) => `00${n}` }
      : { plain: (n) => `r${n}`, other: (n) => `R${n}` };
  }
}
