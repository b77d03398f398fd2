import type { Destination } from '../../model/connector/connector.ts';
import type { Deletion } from '../../platform/ledger/deletes/deletions.ts';
import type { Dependencies } from '../dependencies.ts';
import { deletionItem } from './deletion-item.ts';

interface At {
  readonly owners: Dependencies['ledger']['deliveries']['owners'];
  readonly destination: Destination;
  readonly syncId: number;
  readonly signal: AbortSignal;
}

/**
 * Those of the records whose row no other live record has. What the ledger keeps of one that was written before its
 * destination was asked for identities, as before `keyAs` was stated, is its key alone: by that its row is asked for once
 * more, since a key that was respelt at the source has the same one.
 */
export async function withoutHeld(
  { owners, destination, syncId, signal }: At,
  records: readonly Deletion[],
): Promise<readonly Deletion[]> {
  const unnamed = records.filter(({ destinationId }) => destinationId === null);
  if (destination.identify === undefined || unnamed.length === 0) return records;
  const identities = await destination.identify(unnamed.map(deletionItem), signal);
  const claims = unnamed.flatMap((record, place) => {
    const identity = identities.get(place);
    return identity === undefined ? [] : [{ record, identity }];
  });
  if (claims.length === 0) return records;
  const found = await owners(
    syncId,
    claims.map(({ identity }) => identity),
  );
  const held = new Set(claims.filter((_, place) => found.has(place)).map(({ record }) => record));
  return records.filter((record) => !held.has(record));
}
