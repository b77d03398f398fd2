import type { Attempt } from '../engine/attempt.ts';
import { deletionItem } from '../engine/deletes/deletion-item.ts';
import { guard } from '../engine/deletes/guard.ts';
import { keysHash } from '../engine/deletes/keys-hash.ts';
import { type Marks, markFields, marksFor } from '../engine/deletes/mark-deleted.ts';
import { withoutHeld } from '../engine/deletes/without-held.ts';
import type { AnsweredRun } from '../engine/delivery/doubts.ts';
import { handOver } from '../engine/delivery/hand-over.ts';
import { refuseLate } from '../engine/delivery/late-writer.ts';
import { decideRepeats } from '../engine/delivery/repeats.ts';
import type { Dependencies } from '../engine/dependencies.ts';
import { runOf } from '../engine/running-sync.ts';
import type { Destination, ItemOutcome } from '../model/connector/connector.ts';
import { isSyncFailure, SyncFailure } from '../model/failure/failure.ts';
import type { JsonRecord } from '../model/record/json.ts';
import type { Counts } from '../model/sync/batch.ts';
import type { LoadedSync } from '../model/sync/project.ts';
import { deleteLimitsOf } from '../model/sync/sync.ts';
import type { DeleteIntent } from '../platform/ledger/deletes/delete-intents.ts';
import type { RemovalStart } from '../platform/ledger/deletes/deletes.ts';
import type { Deletion } from '../platform/ledger/deletes/deletions.ts';

export interface RemoveInput {
  readonly run: string;
  /** What a person answered when the step was parked, and for which failure. */
  readonly answered?: { readonly answer: 'retry' | 'skip'; readonly to: string; readonly answerNumber?: number };
}

/** One attempt to delete. */
interface Removal {
  readonly ledger: Dependencies['ledger']['deletes'];
  readonly owners: Dependencies['ledger']['deliveries']['owners'];
  readonly run: string;
  readonly start: RemovalStart;
  readonly loaded: LoadedSync;
  readonly destination: Destination;
  /** The fields that mark a record as deleted; null: it is deleted. */
  readonly set: JsonRecord | null;
  readonly now: Dependencies['now'];
  readonly attempt: Attempt;
}

/**
 * Deletes from the destination, or marks there, what a complete read no longer has (invariant 6). The list is decided once and made
 * durable; each request is preceded by an intent and followed by its outcome. A delete in doubt is sent again under its
 * own id: what is gone stays gone. Safe to repeat. Throws DELETE_GUARD when a person has to look first.
 */
export async function removeMissing(deps: Dependencies, { run, answered }: RemoveInput): Promise<Counts> {
  const { facts, loaded } = await runOf(deps, run);
  const limits = deleteLimitsOf(loaded.sync);
  if (limits === null || facts.mode !== 'full') throw new SyncFailure('INTERNAL', 'this run may not delete');
  const ledger = deps.ledger.deletes;
  const toDoubt = answered?.to === 'OUTCOME_UNKNOWN';
  const late: AnsweredRun = { run, ...(toDoubt && answered) };
  await decideRepeats(deps, late);
  await handOver(deps, late);
  const start = await ledger.begin(run);
  if (start.done) return start.done;
  const planned = start.planned ? await deps.ledger.deliveries.plannedDeletes(run) : undefined;
  const skip = planned === null || start.recovering || (answered?.answer === 'skip' && !toDoubt);
  let nothing = skip;
  if (!start.decided) {
    const holders = await ledger.holders(start.syncId, await deps.projects.sharing(loaded.name));
    const found = await ledger.compare(start, run, holders);
    // Whoever runs a plan has seen what it deletes.
    const approved = planned !== undefined || (answered?.to === 'DELETE_GUARD' && answered.answer === 'retry');
    if (!skip && !approved) guard(found, limits);
    await ledger.decide(start, run, skip ? { missing: 0, extras: 0 } : found, holders);
    nothing ||= found.missing + found.extras === 0;
  }
  if (planned != null && !skip) await keepToPlannedDeletes(ledger, run, planned);
  const set = limits.set === null ? null : markFields(limits.set, start.startedAt);
  const removal = {
    ledger,
    owners: deps.ledger.deliveries.owners,
    run,
    start,
    loaded,
    destination: loaded.openDestination(deps.world),
    set,
    now: deps.now,
    attempt: deps.attempt(),
  };
  if (start.decided)
    for (const { records, ...intent } of await ledger.inDoubt(run)) {
      const provenAtMs = deps.now();
      await deps.ledger.deliveries.stillWriter(start);
      await request(removal, intent, records, provenAtMs);
    }
  if (!nothing) await removeAll(removal);
  return ledger.close(start, run);
}

/** What is about to be deleted has to be what was planned, key by key, before the first of it is. */
async function keepToPlannedDeletes(ledger: Removal['ledger'], run: string, planned: string): Promise<void> {
  const hash = keysHash();
  for await (const key of ledger.decidedKeys(run)) hash.add(key);
  if (hash.end() !== planned)
    throw new SyncFailure('PLAN_CHANGED', 'what is gone from the source is not what was planned', { effect: 'none' });
}

async function removeAll(removal: Removal): Promise<void> {
  const { ledger, run, start, destination } = removal;
  let after = -1;
  let kept = 0;
  let removed = 0;
  for (;;) {
    removal.attempt.signal.throwIfAborted();
    const records = await ledger.next(start.syncId, run, after, destination.limits.records);
    const last = records.at(-1);
    if (!last) break;
    const provenAtMs = removal.now();
    const intent = await ledger.openIntent(start, run, records);
    const refused = await request(removal, intent, records, provenAtMs);
    after = last.n;
    kept += refused;
    removed += records.length - refused;
    removal.attempt.report({ removed, refused: kept });
  }
  if (kept > 0) throw new SyncFailure('REQUEST_REJECTED', `the destination refused to delete ${kept} records`);
}

/**
 * Sends a request and makes its outcome durable. Answers how many records the destination kept. `provenAtMs`: when this
 * attempt last proved to be the writer.
 */
async function request(
  removal: Removal,
  intent: DeleteIntent,
  records: readonly Deletion[],
  provenAtMs: number,
): Promise<number> {
  const { ledger, start, loaded, destination } = removal;
  const { items, hashes } = await itemsFor(removal, records);
  // Its intent stays open: whoever comes next sends it again, as it is.
  refuseLate(removal, provenAtMs);
  let answered: readonly ItemOutcome[];
  try {
    const outcomes =
      items.length === 0
        ? []
        : await destination.write({
            id: intent.requestId,
            fence: { sync: loaded.name, number: start.fence },
            items,
            // A request under way is not cut off on cancellation: the time-out of the connection bounds it.
            signal: new AbortController().signal,
          });
    const byKey = new Map(items.map(({ key }, index) => [key, outcomes[index] ?? unknown]));
    // What is not there any more needs no mark, and whose row another record has by now, no delete.
    answered = records.map(({ key }) => byKey.get(key) ?? { state: 'confirmed' });
  } catch (error) {
    const failure = isSyncFailure(error)
      ? error
      : new SyncFailure('INTERNAL', 'the connector failed', { cause: error });
    if (failure.effect === 'unknown') await ledger.markUnknown(start, intent);
    else await ledger.settle(start, intent, [], records);
    throw failure;
  }
  if (answered.some(({ state }) => state === 'unknown')) {
    await ledger.markUnknown(start, intent);
    throw new SyncFailure('CONNECTION_LOST', 'the answer does not say what became of each record');
  }
  const gone = records.filter((_, index) => answered[index]?.state === 'confirmed');
  const kept = records.filter((_, index) => answered[index]?.state !== 'confirmed');
  await ledger.settle(start, intent, gone, kept, hashes);
  return kept.length;
}

const unknown: ItemOutcome = { state: 'unknown' };

/** What is written for records that are gone: deletes, or marks on what is there. */
async function itemsFor(removal: Removal, records: readonly Deletion[]): Promise<Marks> {
  const { owners, start, loaded, destination, set, attempt } = removal;
  const { signal } = attempt;
  const free = await withoutHeld({ owners, destination, syncId: start.syncId, signal }, records);
  if (set !== null) return marksFor(loaded, destination, free, set, signal);
  return { items: free.map(deletionItem), hashes: new Map() };
}
