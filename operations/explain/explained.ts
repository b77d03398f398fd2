import type { Call } from '../../model/connection/call.ts';
import type { QuarantineEntry } from '../../platform/ledger/quarantine/entries.ts';
import type { LastWrite } from '../../platform/ledger/records/record-history.ts';
import type { UnagreedEntry } from '../../platform/ledger/records/unagreed-work.ts';
import type { Lineage } from './lineage.ts';

export interface Explained {
  readonly sync: string;
  readonly key: string;
  /** `never seen`: neither ledger nor quarantine has it. */
  readonly state: LastWrite['state'] | 'set aside' | 'never seen';
  readonly write: LastWrite | null;
  /** Latest first. */
  readonly quarantine: readonly QuarantineEntry[];
  /** What reading back found of it that both sides do not agree on, or that a person has given up. */
  readonly unagreed: UnagreedEntry | null;
  readonly lineage: Lineage | null;
  /** Of the journal, latest first: calls that carried the record, and those that fetched the batch it was delivered in. */
  readonly calls: { readonly delivered: readonly Call[]; readonly fetched: readonly Call[] };
  /** What cannot be said, and why. */
  readonly unknown: readonly string[];
}
