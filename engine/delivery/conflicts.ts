import { setTimeout as sleep } from 'node:timers/promises';
import type { ItemOutcome, ReadBack } from '../../model/connector/connector.ts';
import { judgeConflict, type OnConflict } from '../../model/sync/conflict.ts';
import { onConflictOf } from '../../model/sync/sync.ts';
import { sameContents } from '../agreement/content-judge.ts';
import type { Delivery } from './delivery.ts';
import type { Outgoing } from './outgoing.ts';
import { readKey } from './read-back.ts';

/** What became of a record: as the destination says, or as its conflict was decided. */
export type Judged =
  | ItemOutcome
  | { readonly state: 'superseded' }
  | { readonly state: 'again'; readonly as: Outgoing };

/**
 * Looks at what the destination has of each record that it refused as a conflict, and decides by the sync's policy. A
 * destination that cannot be read leaves its conflicts to a person. A person who replays a conflict from quarantine has
 * decided that the source wins. `met`: writes of these records that met one.
 */
export async function judgeConflicts(
  delivery: Delivery,
  records: readonly Outgoing[],
  outcomes: readonly ItemOutcome[],
  met: number,
): Promise<readonly Judged[]> {
  const disputed = records.filter((_, index) => isConflict(outcomes[index]));
  if (disputed.length === 0 || delivery.destination.read === undefined) return outcomes;
  const found = await lookAt(delivery, disputed);
  const same = await foundSame(delivery, disputed, found);
  const keys = disputed.map(({ key }) => key);
  const decided = await delivery.ledger.decidedByPerson(delivery.ref.run, keys);
  const policyFor = ({ key }: Outgoing) => (decided.has(key) ? 'source-wins' : onConflictOf(delivery.loaded.sync));
  return outcomes.map((outcome, index) => {
    const record = records[index];
    if (record === undefined || !isConflict(outcome)) return outcome;
    const { ordinal } = record;
    const facts = { back: found.get(ordinal), same: same.has(ordinal), policy: policyFor(record), met };
    return judge(delivery, record, outcome, facts);
  });
}

const isConflict = (outcome: ItemOutcome | undefined): boolean =>
  outcome?.state === 'rejected' && outcome.code === 'CONFLICT';

/** What the destination has, by position. What is absent may only not be visible yet: it is looked for twice. */
async function lookAt(delivery: Delivery, records: readonly Outgoing[]): Promise<ReadonlyMap<number, ReadBack>> {
  const { destination, signal } = delivery;
  const found = new Map<number, ReadBack>();
  const look = async (some: readonly Outgoing[]): Promise<void> => {
    const keys = some.map((record) => readKey(destination, record));
    const back = await destination.read?.(keys, signal);
    for (const [index, record] of some.entries()) {
      const read = back?.get(keys[index] ?? '');
      if (read !== undefined) found.set(record.ordinal, read);
    }
  };
  await look(records);
  const absent = records.filter(({ ordinal }) => !found.has(ordinal));
  const lagMs = destination.can.lookupLagMs ?? 0;
  if (absent.length > 0 && lagMs > 0) {
    await sleep(lagMs, undefined, { signal });
    await look(absent);
  }
  return found;
}

/** The positions of those that are there as they were to be written. */
async function foundSame(
  { destination, loaded, signal }: Delivery,
  records: readonly Outgoing[],
  found: ReadonlyMap<number, ReadBack>,
): Promise<ReadonlySet<number>> {
  const returned = records.map(({ content, ordinal }) => ({ json: content.text, back: found.get(ordinal) }));
  const same = await sameContents(destination, loaded.sync, returned, signal);
  return new Set(records.flatMap(({ ordinal }, index) => (same[index] ? [ordinal] : [])));
}

interface Facts {
  readonly back: ReadBack | undefined;
  readonly same: boolean;
  readonly policy: OnConflict;
  readonly met: number;
}

function judge(
  { batch }: Delivery,
  record: Outgoing,
  refused: ItemOutcome,
  { back, same, policy, met }: Facts,
): Judged {
  const verdict = judgeConflict({
    policy,
    found: back?.record,
    same,
    ours: record.version === null || batch.highest === null ? null : { ...batch.highest, value: record.version },
    met,
  });
  switch (verdict) {
    case 'hold':
      return refused;
    case 'superseded':
      return { state: 'superseded' };
    case 'there':
      return { state: 'confirmed', ...named(back) };
    case 'write':
      return { state: 'again', as: onWhatWasRead(record, back) };
  }
}

const named = (back: ReadBack | undefined) => ({
  ...(back?.id !== undefined && { id: back.id }),
  ...(back?.tag !== undefined && { tag: back.tag }),
});

/** The same record, to be written over exactly what was read, or as a new one where nothing was. */
export const onWhatWasRead = (record: Outgoing, back: ReadBack | undefined): Outgoing =>
  back === undefined
    ? { ...record, destinationId: null, exists: false, tag: null }
    : {
        ...record,
        destinationId: back.id ?? record.destinationId,
        exists: true,
        tag: back.tag ?? null,
        unproven: back.id !== undefined && back.id !== record.destinationId,
      };

/**
 * Gives each record that was delivered before the tag of the version that was seen last, so that the write is refused
 * when somebody else has changed the record since. One whose tag was never seen is read first.
 */
export async function withTags(delivery: Delivery, records: readonly Outgoing[]): Promise<readonly Outgoing[]> {
  const { destination, ledger, start, signal } = delivery;
  const known = records.filter(({ exists }) => exists);
  if (!destination.tagged || known.length === 0) return records;
  const tags = await ledger.tags(
    start.syncId,
    known.map(({ key }) => key),
  );
  const untagged = known.filter(({ key }) => !tags.has(key));
  const keys = untagged.map((record) => readKey(destination, record));
  const back = untagged.length === 0 ? undefined : await destination.read?.(keys, signal);
  const read = new Map(untagged.map((record, index) => [record.key, back?.get(keys[index] ?? '')]));
  return records.map((record) => {
    const tag = tags.get(record.key);
    if (tag !== undefined) return { ...record, tag };
    return read.has(record.key) ? onWhatWasRead(record, read.get(record.key)) : record;
  });
}
