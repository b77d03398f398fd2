/**
 * With less than this share of a batch to be written, encoding all of it while it is read costs more than encoding what
 * is written from its JSON: the latter takes three to four times as long a record.
 */
const WORTH_FROM = 0.25;

/** What was last to be written of each sync, as far as this worker knows: a guess, and never more than a matter of speed. */
export class EncodeAhead {
  readonly #shares = new Map<string, number>();

  /** So many records of the latest batch differ from what the destination has. */
  note(sync: string, changed: number, records: number): void {
    if (records > 0) this.#shares.set(sync, changed / records);
  }

  /** Whether records of the next batch are worth encoding while they are at hand. */
  isWorth(sync: string): boolean {
    return (this.#shares.get(sync) ?? 1) >= WORTH_FROM;
  }
}
