import { Context } from '@temporalio/activity';
import type { Counts } from '../model/batch.ts';
import type { Destination, ItemOutcome } from '../model/connector.ts';
import { isSyncFailure, SyncFailure } from '../model/failure.ts';
import type { LoadedSync } from '../model/project.ts';
import { type DeleteLimits, deleteLimitsOf } from '../model/sync.ts';
import type { DeleteIntent, Deletion, Missing, RemovalStart } from '../platform/ledger/deletes.ts';
import type { Dependencies } from './dependencies.ts';
import { reportProgress } from './progress.ts';
import { runOf } from './run.ts';

export interface RemoveInput {
  readonly run: string;
  /** What a person answered when the step was parked, and for which failure. */
  readonly answered?: { readonly answer: 'retry' | 'skip'; readonly to: string };
}

/** One attempt to delete. */
interface Removal {
  readonly ledger: Dependencies['ledger']['deletes'];
  readonly run: string;
  readonly start: RemovalStart;
  readonly loaded: LoadedSync;
  readonly destination: Destination;
}

/**
 * Deletes from the destination what a complete read no longer has (invariant 6). The list is decided once and made
 * durable; each request is preceded by an intent and followed by its outcome. A delete in doubt is sent again under its
 * own id: what is gone stays gone. Safe to repeat. Throws DELETE_GUARD when a person has to look first.
 */
export async function removeMissing(deps: Dependencies, { run, answered }: RemoveInput): Promise<Counts> {
  const { facts, loaded } = await runOf(deps, run);
  const limits = deleteLimitsOf(loaded.sync);
  if (limits === null || facts.mode !== 'full') throw new SyncFailure('INTERNAL', 'this run may not delete');
  const ledger = deps.ledger.deletes;
  const start = await ledger.begin(run);
  if (start.done) return start.done;
  // What was planned named no deletes.
  const planned = (await deps.ledger.deliveries.planned(run, 1)) !== undefined;
  const skip = planned || answered?.answer === 'skip';
  if (!start.decided) {
    const found = await ledger.compare(start, run);
    const approved = answered?.to === 'DELETE_GUARD' && answered.answer === 'retry';
    if (!skip && !approved) guard(found, limits);
    await ledger.decide(start, run, skip ? 'nothing' : 'missing');
  }
  const removal = { ledger, run, start, loaded, destination: loaded.openDestination(deps.world) };
  for (const { records, ...intent } of await ledger.inDoubt(run)) await request(removal, intent, records);
  if (!skip) await removeAll(removal);
  return ledger.close(start, run);
}

/** Invariant 6, safe deletes: what looks more like a broken source than like deleted records is a person's decision. */
export function guard({ known, missing, keyless, seen }: Missing, limits: DeleteLimits): void {
  if (missing === 0) return;
  const refuse = (why: string) => {
    throw new SyncFailure('DELETE_GUARD', `${missing} of ${known} records are gone from the source: ${why}`);
  };
  if (seen === 0) refuse('the source gave nothing at all');
  if (keyless > 0) refuse(`${keyless} records that it gave have no readable key and may be among them`);
  if (missing >= limits.atLeast && missing > known * limits.maxShare)
    refuse(`more than ${limits.maxShare * 100} % and at least ${limits.atLeast}`);
}

async function removeAll(removal: Removal): Promise<void> {
  const { ledger, run, start, destination } = removal;
  let after = -1;
  let kept = 0;
  let removed = 0;
  for (;;) {
    Context.current().cancellationSignal.throwIfAborted();
    const records = await ledger.next(run, after, destination.limits.records);
    const last = records.at(-1);
    if (!last) break;
    const intent = await ledger.openIntent(start, run, records);
    const refused = await request(removal, intent, records);
    after = last.n;
    kept += refused;
    removed += records.length - refused;
    reportProgress({ removed, refused: kept });
  }
  if (kept > 0) throw new SyncFailure('REQUEST_REJECTED', `the destination refused to delete ${kept} records`);
}

/** Sends a request and makes its outcome durable. Answers how many records the destination kept. */
async function request(removal: Removal, intent: DeleteIntent, records: readonly Deletion[]): Promise<number> {
  const { ledger, start, loaded, destination } = removal;
  let outcomes: readonly ItemOutcome[];
  try {
    outcomes = await destination.write({
      id: intent.requestId,
      fence: { sync: loaded.name, number: start.fence },
      items: records.map(({ key, destinationId }) => ({ key, op: 'delete', json: '', destinationId })),
      // A request under way is not cut off on cancellation: the time-out of the connection bounds it.
      signal: new AbortController().signal,
    });
  } catch (error) {
    const failure = isSyncFailure(error)
      ? error
      : new SyncFailure('INTERNAL', 'the connector failed', { cause: error });
    if (failure.effect === 'unknown') await ledger.markUnknown(start, intent);
    else await ledger.settle(start, intent, [], records);
    throw failure;
  }
  if (records.some((_, index) => (outcomes[index]?.state ?? 'unknown') === 'unknown')) {
    await ledger.markUnknown(start, intent);
    throw new SyncFailure('CONNECTION_LOST', 'the answer does not say what became of each record');
  }
  const gone = records.filter((_, index) => outcomes[index]?.state === 'confirmed');
  const kept = records.filter((_, index) => outcomes[index]?.state !== 'confirmed');
  await ledger.settle(start, intent, gone, kept);
  return kept.length;
}
