import type { WriteItem } from '../../model/connector/connector.ts';
import type { ReadyRecord } from '../../model/record/prepared.ts';

/** A record to send: what the mapping made, and what is known of it at the destination. */
export interface Outgoing extends ReadyRecord, Pick<WriteItem, 'destinationId' | 'exists' | 'tag'> {
  /** The ledger has no row of it. */
  readonly unseen?: boolean;
  /** Its `destinationId` was found, or claimed before: another record may own what it names. */
  readonly unproven?: boolean;
}
