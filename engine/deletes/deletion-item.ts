import type { WriteItem } from '../../model/connector/connector.ts';
import type { Deletion } from '../../platform/ledger/deletes/deletions.ts';

/** A delete as the destination gets it. */
export const deletionItem = ({ key, destinationId }: Deletion): WriteItem => ({
  key,
  op: 'delete',
  json: '',
  destinationId,
});
