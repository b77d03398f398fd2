import type { Destination, WriteItem } from '../../model/connector/connector.ts';
import type { Deletion } from '../../platform/ledger/deletes/deletions.ts';
import type { Dependencies } from '../dependencies.ts';

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
  const items = unnamed.map(({ key }): WriteItem => ({ key, op: 'delete', json: '', destinationId: null }));
  const claims = [...(await destination.identify(items, signal))];
  if (claims.length === 0) return records;
  const found = await owners(
    syncId,
    claims.map(([, identity]) => identity),
  );
  const held = new Set([...found.keys()].map((place) => unnamed[claims[place]?.[0] ?? -1]));
  return records.filter((record) => !held.has(record));
}
