import { isSyncFailure } from '../../model/failure/failure.ts';
import type { DeleteLimits } from '../../model/sync/sync.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { guard } from '../deletes/guard.ts';
import { keysHash } from '../deletes/keys-hash.ts';
import type { PreparedForPlan } from './batches.ts';

/** What a run would delete, or mark as deleted. */
export interface PlannedDeletes {
  readonly records: number;
  /** Some of their keys. */
  readonly keys: readonly string[];
  /** Of all their keys in their order: a run that keeps to the plan deletes these or nothing. */
  readonly fingerprint: string;
  /** Why a run would wait for a person before it deletes; null when it would not. */
  readonly guard: string | null;
}

const KEYS_SHOWN = 10;
const PAGE_RECORDS = 10_000;

/** Collects the keys of a whole read, and says what of the ledger is not among them. */
export class DeletePlanner {
  readonly #seen = new Set<string>();
  #keyless = 0;

  add(batch: PreparedForPlan): void {
    for (const key of batch.validated.keys) this.#seen.add(key);
    this.#keyless += batch.allRejects.filter(({ key }) => key === null).length;
  }

  async end(ledger: Pick<Ledger['deletes'], 'known'>, syncId: number, limits: DeleteLimits): Promise<PlannedDeletes> {
    const hash = keysHash();
    const keys: string[] = [];
    let [known, missing] = [0, 0];
    for (let after: string | null = null; ; ) {
      const page: readonly string[] = await ledger.known(syncId, after, PAGE_RECORDS);
      for (const key of page) {
        known++;
        if (this.#seen.has(key)) continue;
        missing++;
        hash.add(key);
        if (keys.length < KEYS_SHOWN) keys.push(key);
      }
      after = page.at(-1) ?? null;
      if (page.length < PAGE_RECORDS) break;
    }
    const seen = this.#seen.size;
    return {
      records: missing,
      keys,
      fingerprint: hash.end(),
      guard: whyGuarded(() => guard({ known, missing, extras: 0, keyless: this.#keyless, seen }, limits)),
    };
  }
}

function whyGuarded(judge: () => void): string | null {
  try {
    judge();
    return null;
  } catch (error) {
    return isSyncFailure(error) ? error.message : String(error);
  }
}
