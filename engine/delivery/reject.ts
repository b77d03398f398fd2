import type { ItemOutcome } from '../../model/connector/connector.ts';
import type { Json } from '../../model/record/json.ts';
import type { Reject } from '../../model/record/prepared.ts';
import type { Outgoing } from './outgoing.ts';

/** With the record as received, so that it can go through a mended mapping again. */
export function rejectOf(
  record: Pick<Outgoing, 'ordinal' | 'key' | 'version'>,
  outcome: Omit<Extract<ItemOutcome, { state: 'rejected' }>, 'state'>,
  received: Json | undefined,
): Reject {
  return {
    ordinal: record.ordinal,
    stage: 'deliver',
    key: record.key,
    version: record.version,
    code: outcome.code,
    field: outcome.field ?? null,
    rule: null,
    reason: outcome.reason,
    record: received === undefined ? null : JSON.stringify(received),
  };
}
