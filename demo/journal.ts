import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import type { Invoice } from './invoice-rules.ts';

/** One request to the books, as it is written down before it is answered. */
export interface JournalEntry {
  /** From 1, without gaps. */
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly idempotencyKey: string | null;
  /** Answered from the stored result of an earlier request with the same key: no effect. */
  readonly replay: boolean;
  /** Committed, but the answer was withheld (a fault that a test asked for). */
  readonly answerLost: boolean;
  /** The effects, in order: external id and source revision of each invoice that was written. */
  readonly applied: readonly (readonly [externalId: string, sourceRevision: number])[];
  /** Items that were refused. */
  readonly refused: number;
}

/** What the file keeps besides, so that the books can be rebuilt from it. */
export interface StoredEntry extends JournalEntry {
  readonly invoices: readonly Invoice[];
  /** Fingerprint of the body and the answer, for requests with an idempotency key. */
  readonly result: StoredResult | null;
}

export interface StoredResult {
  readonly fingerprint: string;
  readonly answer: string;
}

/** An append-only journal: in memory, and in a file when there is one. */
export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #file: string | undefined;

  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** Gives back every entry of the file, oldest first. A last line that was cut off by a crash was never answered: it is dropped. */
  *restore(): Iterable<StoredEntry> {
    if (this.#file === undefined || !existsSync(this.#file)) return;
    const content = readFileSync(this.#file);
    const whole = content.subarray(0, content.lastIndexOf(0x0a) + 1);
    if (whole.length < content.length) truncateSync(this.#file, whole.length);
    for (const line of whole.toString().split('\n')) {
      if (line === '') continue;
      const stored = JSON.parse(line) as StoredEntry;
      this.#entries.push(withoutContent(stored));
      yield stored;
    }
  }

  /** Writes the entry down; returns when it is in the file. */
  append(entry: Omit<StoredEntry, 'seq' | 'at'>): void {
    const stored: StoredEntry = { seq: this.#entries.length + 1, at: new Date().toISOString(), ...entry };
    if (this.#file !== undefined) appendFileSync(this.#file, `${JSON.stringify(stored)}\n`);
    this.#entries.push(withoutContent(stored));
  }

  /** At most `limit` entries after `seq`. */
  after(seq: number, limit: number): readonly JournalEntry[] {
    return this.#entries.slice(seq, seq + limit);
  }

  /** Every effect since the beginning, in order. */
  *effects(): Iterable<readonly [externalId: string, sourceRevision: number]> {
    for (const entry of this.#entries) yield* entry.applied;
  }
}

function withoutContent({ invoices: _invoices, result: _result, ...entry }: StoredEntry): JournalEntry {
  return entry;
}
