import type { ItemOutcome, WriteItem } from '../../index.ts';
import type { Plan, Row } from './rows.ts';

/** By row: its identity as the table has it, where a trigger may have changed it. */
export type MadeKeys = ReadonlyMap<Row, string>;

/** Ends the transaction of a request of which a trigger gave a row another key than the writer knew of. */
class KeysRespelt extends Error {
  readonly outcomes: readonly ItemOutcome[];

  constructor(outcomes: readonly ItemOutcome[]) {
    super('a trigger changed keys');
    this.outcomes = outcomes;
  }
}

/** Throws when one of the items that said what it would be known by is known by something else. */
export function refuseRespelt(items: readonly WriteItem[], { rows, keys }: Plan, made: MadeKeys): void {
  const ids = new Map<number, string>();
  for (const row of rows) {
    const id = made.get(row);
    if (id !== undefined) for (const place of row.items) ids.set(place, id);
  }
  const expected = items.every(
    ({ identity }, place) => identity === undefined || (ids.get(place) ?? identity) === identity,
  );
  if (expected) return;
  throw new KeysRespelt(
    items.map(({ identity }, place) => ({ state: 'respelt', id: ids.get(place) ?? identity ?? keys[place] ?? '' })),
  );
}

/** What was thrown away with the transaction is an answer all the same. */
export async function orRespelt(written: Promise<readonly ItemOutcome[]>): Promise<readonly ItemOutcome[]> {
  try {
    return await written;
  } catch (error) {
    if (error instanceof KeysRespelt) return error.outcomes;
    throw error;
  }
}
