import type { LedgerState } from '../platform/ledger/runs/ledger-state.ts';

type Seen = Pick<LedgerState, 'fence' | 'incarnation'>;

/** What this process has seen of each sync's ledger, so that Temporal is asked only where something may have changed. */
export class SeenLedgers {
  readonly #seen = new Map<string, Seen>();

  /** Whether the ledger is the one that was seen last, and has gone on since. */
  goesOn(sync: string, { fence, incarnation }: Seen): boolean {
    const seen = this.#seen.get(sync);
    return seen !== undefined && seen.incarnation === incarnation && fence > seen.fence;
  }

  note(sync: string, state: Seen): void {
    this.#seen.set(sync, state);
  }
}
