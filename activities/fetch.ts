import { Context } from '@temporalio/activity';
import type { BatchRef } from '../model/batch.ts';
import type { Page, Position } from '../model/connector.ts';
import type { Json } from '../model/json.ts';
import type { Prepared } from '../model/prepared.ts';
import type { LoadedSync } from '../model/project.ts';
import type { RunFacts } from '../platform/ledger/runs.ts';
import type { Dependencies } from './dependencies.ts';
import { inSlices, preparationFor } from './prepare.ts';
import { reportProgress } from './progress.ts';
import { runOf } from './run.ts';

export interface FetchResult {
  readonly records: number;
  readonly bytes: number;
  /** The source has no more. */
  readonly complete: boolean;
}

/**
 * Step 1: reads the next batch of a run and stages it, page by page. A later attempt goes on after the last durable
 * page. Safe to repeat: a batch that is closed is answered from the ledger.
 */
export async function fetchBatch(deps: Dependencies, ref: BatchRef): Promise<FetchResult> {
  const { facts, loaded } = await runOf(deps, ref.run);
  return deps.bulkhead.hold(loaded.sourceConnection.name, () => fetch(deps, ref, facts, loaded));
}

async function fetch(deps: Dependencies, ref: BatchRef, facts: RunFacts, loaded: LoadedSync): Promise<FetchResult> {
  const { staging } = deps.ledger;
  const start = await staging.beginFetch(ref.run, ref.seq);
  if (start.closed) return start.closed;

  const batch = new GrowingBatch(ref.seq, start.parts, start.records, start.bytes, start.position);
  // An earlier attempt may have staged the last page and died before it closed the batch: nothing is left to read.
  const pages = endsHere(batch, loaded)
    ? []
    : loaded.openSource(deps.world).read({
        position: start.position,
        since: facts.since,
        signal: Context.current().cancellationSignal,
      });
  // While the next page is on its way, and while what was parsed is at hand.
  const ahead = start.parts === 0 ? new PreparedAhead(preparationFor(deps, loaded)) : undefined;
  let staged: Promise<void> = Promise.resolve();
  for await (const page of pages) {
    await staged;
    staged = staging.stage(ref.run, ref.seq, start.attempt, {
      part: batch.parts,
      records: page.records.length,
      body: page.body,
      positionAfter: page.next,
    });
    // Awaited before the next page; a failure in between must not count as unhandled.
    staged.catch(() => {});
    batch.add(page);
    reportProgress({ pages: batch.parts, records: batch.records });
    await ahead?.add(page.records);
    if (endsHere(batch, loaded)) break;
  }
  await staged;
  const result = { records: batch.records, bytes: batch.bytes, complete: batch.complete };
  await staging.closeFetch(ref.run, ref.seq, result, batch.position);
  const prepared = ahead?.result();
  if (prepared) deps.cache.get(ref).prepared = prepared;
  return result;
}

/** Validates and transforms a batch while it is read. What fails there is left to the step whose business it is. */
class PreparedAhead {
  readonly #work: ReturnType<typeof preparationFor>;
  #failed = false;

  constructor(work: ReturnType<typeof preparationFor>) {
    this.#work = work;
  }

  async add(records: readonly Json[]): Promise<void> {
    if (this.#failed) return;
    await inSlices(records, this.#work.add).catch(() => {
      this.#failed = true;
    });
  }

  result(): Prepared | undefined {
    return this.#failed ? undefined : this.#work.result();
  }
}

/**
 * The first batch of a run has so many records at the most, the next twice as many, and so on up to the policy: the
 * destination has something to do soon, while most batches are large enough to cost Temporal little.
 */
const FIRST_RECORDS = 2_500;

/** Whether a batch ends here. A plan cuts its batches by the same rule. */
export const endsHere = (batch: GrowingBatch, { policy }: Pick<LoadedSync, 'policy'>): boolean =>
  batch.complete ||
  batch.records >= Math.min(policy.batchRecords, FIRST_RECORDS * 2 ** (batch.seq - 1)) ||
  batch.bytes >= policy.batchBytes;

export class GrowingBatch {
  /** From 1. */
  readonly seq: number;
  parts: number;
  records: number;
  bytes: number;
  position: Position | null;

  constructor(seq: number, parts: number, records: number, bytes: number, position: Position | null) {
    this.seq = seq;
    this.parts = parts;
    this.records = records;
    this.bytes = bytes;
    this.position = position;
  }

  /** The source has no more: there is a page, and none after it. */
  get complete(): boolean {
    return this.parts > 0 && this.position === null;
  }

  add(page: Page): void {
    this.parts++;
    this.records += page.records.length;
    this.bytes += page.body.length;
    this.position = page.next;
  }
}
