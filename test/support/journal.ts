import type { Destination, ItemOutcome, WriteRequest } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Json } from '../../model/record/json.ts';
import type { DeliveryCapabilities } from '../../model/sync/delivery.ts';

/** What befalls one request of a journal destination. */
export type Fate = 'done' | 'refused' | 'lost before' | 'lost after' | ItemOutcome[];

export interface JournalDestination extends Destination {
  /** Every effect in order: the journal of invariants 4 and 5. */
  readonly effects: { readonly key: string; readonly json: string; readonly request: string }[];
  readonly state: Map<string, Json>;
  /** Decides the fate of the n-th request, from 1; `done` by default. */
  fate: (n: number, request: WriteRequest) => Fate;
  requests: number;
}

/**
 * A destination that keeps an append-only journal of its effects and suffers what a test decides. A request id that it
 * has seen has no second effect when it is transactional or honours idempotency keys.
 */
export function journalDestination(can: DeliveryCapabilities, records = 20): JournalDestination {
  const answers = new Map<string, readonly ItemOutcome[]>();
  const journal: JournalDestination = {
    effects: [],
    state: new Map(),
    fate: () => 'done',
    requests: 0,
    can,
    limits: { records, bytes: 1_000_000, concurrency: 1 },
    async write(request) {
      const fate = journal.fate(++journal.requests, request);
      if (fate === 'refused') throw new SyncFailure('CONNECTION_REFUSED', 'refused', { effect: 'none' });
      if (fate === 'lost before') throw new SyncFailure('TIMEOUT', 'no answer', { effect: 'unknown' });
      const outcomes = apply(journal, request, answers, Array.isArray(fate) ? fate : undefined);
      if (fate === 'lost after') throw new SyncFailure('TIMEOUT', 'no answer', { effect: 'unknown' });
      return outcomes;
    },
    async read(keys) {
      return new Map(
        keys.flatMap((key) => (journal.state.has(key) ? [[key, { record: journal.state.get(key) ?? null }]] : [])),
      );
    },
  };
  return journal;
}

/** Its writes wait until they are released; `came` when the first of them has. */
export function holdWrites(books: JournalDestination): { readonly came: Promise<void>; release(): void } {
  const { write } = books;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const came = new Promise<void>((resolve) => {
    books.write = async (request) => {
      resolve();
      await released;
      return write(request);
    };
  });
  return { came, release };
}

function apply(
  journal: JournalDestination,
  request: WriteRequest,
  answers: Map<string, readonly ItemOutcome[]>,
  given: ItemOutcome[] | undefined,
): readonly ItemOutcome[] {
  const remembers = journal.can.transaction || journal.can.idempotencyKeyHours !== undefined;
  const known = remembers ? answers.get(request.id) : undefined;
  if (known) return known;
  const outcomes = request.items.map((item, index): ItemOutcome => {
    const outcome = given?.[index] ?? { state: 'confirmed' };
    if (outcome.state === 'confirmed') {
      journal.effects.push({ key: item.key, json: item.json, request: request.id });
      if (item.op === 'delete') journal.state.delete(item.key);
      else journal.state.set(item.key, JSON.parse(item.json));
    }
    return outcome;
  });
  answers.set(request.id, outcomes);
  return outcomes;
}
