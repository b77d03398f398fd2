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
  const { verdicts, destinationIds, renewed, unseen } = found;
  const cameBack = verdicts.filter((verdict) => verdict === 'back').length;
  const takenBack = areTakenBack(cameBack, records.length);
  const changed: Outgoing[] = [];
  const repeated: RepeatedRecord[] = [];
  let unchanged = 0;
  let superseded = 0;
  for (const [index, record] of records.entries()) {
    const verdict = verdicts[index];
    if (verdict === 'unchanged') unchanged++;
    else if (verdict === 'superseded') superseded++;
    else if (verdict === 'repeated' || verdict === 'again' || (verdict === 'back' && !takenBack))
      repeated.push({ record, news: verdict !== 'repeated', again: verdict === 'again' });
    else {
      const destinationId = foundIds.get(record.ordinal) ?? destinationIds[index] ?? null;
      const one = outgoing(record, destinationId, verdict !== 'new', unseen);
      changed.push(verdict === 'taken' || foundIds.has(record.ordinal) ? { ...one, unproven: true } : one);
    }
  }
  return { changed, unchanged, superseded, renewed, repeated };
}
