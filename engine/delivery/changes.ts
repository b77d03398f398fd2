import type { ReadyRecord } from '../../model/record/prepared.ts';
import { areTakenBack } from '../../model/record/repeats.ts';
import type { EarlierIntents } from '../../platform/ledger/deliveries/verdicts.ts';
import type { RepeatedRecord } from '../../platform/ledger/records/repeats.ts';
import type { Delivery } from './delivery.ts';
import type { Outgoing } from './outgoing.ts';

/** Field by field: for ten thousand records a spread costs more than all else in the comparison. */
const outgoing = (
  { ordinal, key, version, content, hash, encoded }: ReadyRecord,
  destinationId: string | null,
  known: boolean,
  unseen: boolean,
): Outgoing => ({
  ordinal,
  key,
  version,
  content,
  hash,
  encoded,
  destinationId,
  exists: known || destinationId !== null,
  unseen,
});

interface Compared {
  readonly changed: readonly Outgoing[];
  readonly unchanged: number;
  readonly superseded: number;
  readonly renewed: boolean;
  /** Their keys repeat: they wait until all has been read. */
  readonly repeated: readonly RepeatedRecord[];
}

/**
 * Change detection: what the ledger already has in this form, or in a newer one, is not sent (invariant 5). `earlier`: has
 * repeated keys looked for.
 */
export async function compare(
  delivery: Delivery,
  records: readonly ReadyRecord[],
  foundIds: ReadonlyMap<number, string>,
  earlier?: EarlierIntents,
): Promise<Compared> {
  if (records.length === 0) return { changed: [], unchanged: 0, superseded: 0, renewed: false, repeated: [] };
  const { ledger, start, mostlyKnown } = delivery;
  const found = await ledger.verdicts(start.syncId, records, mostlyKnown, earlier);
  const { letters, destinationIds, renewed, unseen } = found;
  const takenBack = areTakenBack(letters.split('b').length - 1, records.length);
  const changed: Outgoing[] = [];
  const repeated: RepeatedRecord[] = [];
  let unchanged = 0;
  let superseded = 0;
  for (const [index, record] of records.entries()) {
    const letter = letters[index];
    if (letter === 'u') unchanged++;
    else if (letter === 's') superseded++;
    else if (letter === 'r' || letter === 'a' || (letter === 'b' && !takenBack))
      repeated.push({ record, news: letter !== 'r', again: letter === 'a' });
    else {
      const destinationId = foundIds.get(record.ordinal) ?? destinationIds[index] ?? null;
      const one = outgoing(record, destinationId, letter !== 'n', unseen);
      changed.push(letter === 't' || foundIds.has(record.ordinal) ? { ...one, unproven: true } : one);
    }
  }
  return { changed, unchanged, superseded, renewed, repeated };
}
