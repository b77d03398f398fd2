import type { Destination, ItemOutcome, WriteItem } from '../model/connector/connector.ts';
import { asIs, never } from './given.ts';
import type { Sample } from './samples.ts';
import type { Subject } from './subject.ts';

/** Writes as the engine does: in order, in requests of the destination's size, each with an id of its own. */
export async function writeAll(
  destination: Destination,
  items: readonly WriteItem[],
  id: string,
): Promise<ItemOutcome[]> {
  const outcomes: ItemOutcome[] = [];
  for (let at = 0; at < items.length; at += destination.limits.records) {
    const part = items.slice(at, at + destination.limits.records);
    outcomes.push(...(await destination.write(requestOf(`${id}-${at}`, part))));
  }
  return outcomes;
}

export const requestOf = (id: string, items: readonly WriteItem[]) => ({
  id,
  fence: { sync: 'acceptance', number: 1 },
  items,
  signal: never(),
});

export const upsert = (subject: Subject, one: Sample): WriteItem => ({
  key: one.id,
  op: 'upsert',
  json: JSON.stringify((subject.asRecord ?? asIs)(one)),
  destinationId: null,
});

export const deletion = (one: Sample, written: ItemOutcome | undefined): WriteItem => ({
  key: one.id,
  op: 'delete',
  json: '',
  destinationId: idIn(written),
});

/** What the engine reads a record back by. */
export const askedBy = ({ readsBy }: Destination, one: Sample, written: ItemOutcome | undefined): string =>
  readsBy === 'key' ? one.id : (idIn(written) ?? one.id);

export const idIn = (written: ItemOutcome | undefined): string | null =>
  written?.state === 'confirmed' ? (written.id ?? null) : null;
