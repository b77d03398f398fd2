import type { Json } from '../../model/record/json.ts';
import { mayBeRespelt, takenClaims } from '../../model/record/owners.ts';
import type { Claim, Taken } from '../../platform/ledger/records/owners.ts';
import type { Delivery } from './delivery.ts';
import { Item } from './item.ts';
import type { Outgoing } from './outgoing.ts';
import { refuseSystemic } from './refuse-systemic.ts';
import { rejectOf } from './reject.ts';

/**
 * One destination row has one owner: records that the destination would take for another one are set aside before they
 * are sent. Answers the others.
 */
export async function withoutTaken(delivery: Delivery, records: readonly Outgoing[]): Promise<readonly Outgoing[]> {
  await identify(delivery, records);
  return ownedAmong(delivery, records);
}

/** What is in doubt may be there: until that is known, no other record of the batch gets what it would be known by. */
export function holdClaims(delivery: Delivery, inDoubt: readonly Outgoing[]): void {
  if (delivery.destination.identify === undefined) return;
  for (const record of inDoubt) delivery.claimed.set(identityOf(delivery, record), record.key);
}

/** Asks what the destination will know records by, if it can tell. */
export async function identify(
  { destination, identities, signal }: Delivery,
  records: readonly Outgoing[],
): Promise<void> {
  if (destination.identify === undefined || records.length === 0) return;
  const items = records.map((record) => new Item(record));
  for (const [place, identity] of await destination.identify(items, signal)) {
    const ordinal = records[place]?.ordinal;
    if (ordinal !== undefined) identities.set(ordinal, identity);
  }
}

/** The same for records whose ids were found at the destination since. */
export const withoutFoundTaken = async (
  delivery: Delivery,
  records: readonly Outgoing[],
): Promise<readonly Outgoing[]> =>
  delivery.destination.identify === undefined ? ownedAmong(delivery, records) : records;

/** The same, where it is known what the destination will know the records by. */
export async function ownedAmong(delivery: Delivery, records: readonly Outgoing[]): Promise<readonly Outgoing[]> {
  const { ledger, start, ref, batch, loaded } = delivery;
  const claims = claimsAmong(delivery, records);
  if (claims.length === 0) return records;
  const taken = await takenAmong(delivery, claims);
  if (taken.size === 0) return records;
  refuseSystemic(taken.size, batch.fetched, loaded.policy);
  const received = await delivery.received();
  const aside = claims.flatMap((claim, place) => {
    const owner = taken.get(place);
    return owner === undefined ? [] : [takenBy(claim, owner, received)];
  });
  await ledger.setAsideTaken(start, ref.run, ref.seq, aside);
  delivery.settled([], aside.length);
  const ordinals = new Set(aside.map(({ record }) => record.ordinal));
  return records.filter(({ ordinal }) => !ordinals.has(ordinal));
}

/** Where each record is known by its key, each has its own row. */
function claimsAmong(delivery: Delivery, records: readonly Outgoing[]): readonly Claim[] {
  const { destination, identities, start } = delivery;
  const known = destination.identify !== undefined && (start.named || identities.size > 0);
  const claiming = known ? records : records.filter(({ unproven }) => unproven);
  return claiming.map((record) => ({ record, identity: identityOf(delivery, record) }));
}

/** Which claims are to what another record has, by place, each with the key of that one. */
async function takenAmong(
  { ledger, start, destination, claimed }: Delivery,
  claims: readonly Claim[],
): Promise<ReadonlyMap<number, string>> {
  const identities = claims.map(({ identity }) => identity);
  // Without earlier ids, only a record whose key is the id can have it.
  const owners =
    start.named || destination.identify !== undefined || claims.some(isLikeItsKey)
      ? await ledger.owners(start.syncId, identities)
      : new Map<number, string>();
  // Ids of the destination's own may look like keys of other records.
  const sure = [...owners].filter(([place, owner]) => {
    const claim = claims[place];
    return destination.identify !== undefined || claim === undefined || owner !== claim.identity || isLikeItsKey(claim);
  });
  const asked = claims.map(({ record: { key }, identity }) => ({ key, identity }));
  return takenClaims(asked, new Map(sure), claimed);
}

const isLikeItsKey = ({ record, identity }: Claim): boolean => mayBeRespelt(record.key, identity);

/** What the destination will know a record by, as far as that can be told before it answers. */
export const identityOf = ({ destination, identities }: Delivery, record: Outgoing): string =>
  identities.get(record.ordinal) ??
  (destination.identify === undefined ? (record.destinationId ?? record.key) : record.key);

export const takenBy = (claim: Claim, owner: string, received: readonly Json[]): Taken => ({
  ...claim,
  reject: rejectOf(
    claim.record,
    {
      code: 'DESTINATION_KEY_TAKEN',
      reason: `to the destination it is \`${claim.identity}\`, and that is the record with the key \`${owner}\`; when that one is gone from the source, a full run hands its row over`,
    },
    received[claim.record.ordinal],
  ),
});

/** A write whose answer named a row that another record has: that one was overwritten. */
export interface Overwrote extends Taken {
  readonly owner: string;
}

/** Looks at ids that nobody could foresee, as a destination gives that makes its own or respells keys. By position. */
export async function overwrites(
  delivery: Delivery,
  records: readonly Outgoing[],
  outcomes: readonly { readonly state: string; readonly id?: string }[],
): Promise<ReadonlyMap<number, Overwrote>> {
  const claims = records.flatMap((record, place): readonly Claim[] => {
    const { state, id } = outcomes[place] ?? {};
    return state === 'confirmed' && id !== undefined && isNews(delivery, record, id) ? [{ record, identity: id }] : [];
  });
  if (claims.length === 0) return new Map();
  const taken = await takenAmong(delivery, claims);
  const received = taken.size === 0 ? [] : await delivery.received();
  return new Map(
    claims.flatMap((claim, place) => {
      const owner = taken.get(place);
      return owner === undefined
        ? []
        : [[claim.record.ordinal, { ...takenBy(claim, owner, received), owner }] as const];
    }),
  );
}

function isNews(delivery: Delivery, record: Outgoing, id: string): boolean {
  if (id === record.destinationId) return false;
  return delivery.destination.identify === undefined || id !== identityOf(delivery, record);
}

/** What is to be kept of an id that the destination answered; where it gave none, of what it knows the record by. */
export function idToKeep(
  { identities }: Delivery,
  { ordinal, key, destinationId }: Outgoing,
  answered: string | undefined,
): string | null {
  const id = answered ?? identities.get(ordinal);
  if (id === undefined) return destinationId;
  return id === key ? null : id;
}
