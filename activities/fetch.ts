import { endsHere, GrowingBatch } from '../engine/batches/growing-batch.ts';
import { clockFrom, type TimedPage, timed } from '../engine/batches/page-clock.ts';
import { inSlices, preparationFor } from '../engine/batches/prepare.ts';
import type { Dependencies } from '../engine/dependencies.ts';
import { keepToPlannedEnd } from '../engine/plan/keep-to-plan.ts';
import { runOf } from '../engine/running-sync.ts';
import type { Prepared } from '../model/record/prepared.ts';
import { keyFieldsOf } from '../model/record/record-key.ts';
import type { BatchRef } from '../model/sync/batch.ts';
import type { LoadedSync } from '../model/sync/project.ts';
import type { RunFacts } from '../platform/ledger/runs/runs.ts';

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
  const { signal, report } = deps.attempt();
  const patience = {
    signal,
    atMostMs: loaded.policy.stepTimeout / 2,
    waits: (bytes: number) => report({ waitsForBytes: bytes }),
  };
  // Who waits for memory takes no place of a connection, which those need that free it.
  return deps.cache.fetching(ref, patience, () =>
    deps.bulkhead.hold(loaded.sourceConnection.name, () => fetch(deps, ref, facts, loaded)),
  );
}

async function fetch(deps: Dependencies, ref: BatchRef, facts: RunFacts, loaded: LoadedSync): Promise<FetchResult> {
  const { staging } = deps.ledger;
  const start = await staging.beginFetch(ref.run, ref.seq);
  if (start.closed) return start.closed;

  const { signal, report } = deps.attempt();
  // Whoever looks at the step must not think that it still waits for memory while its source is slow.
  report({ pages: start.parts, records: start.records });
  const batch = new GrowingBatch(ref.seq, start.parts, start.records, start.bytes, start.position);
  const ahead = start.parts === 0 ? new PreparedAhead(preparationFor(deps, facts, loaded)) : undefined;
  const stage = async (page: TimedPage): Promise<void> => {
    const { records, body, asOfMs, next } = page;
    // Before the page counts: an attempt that dies between would not come by here again.
    if (page.notices?.length) await deps.ledger.notices.note(ref.run, ref.seq, page.notices);
    const part = { part: batch.parts, records: records.length, body, asOfMs, positionAfter: next };
    if (!page.readsAgain) await staging.stage(ref.run, ref.seq, start.attempt, part);
    batch.add(page);
    report({ pages: batch.parts, records: batch.records });
  };
  // An earlier attempt may have staged the last page and died before it closed the batch: nothing is left to read.
  if (!endsHere(batch, loaded)) {
    const request = {
      position: start.position,
      since: facts.since,
      signal,
      key: keyFieldsOf(loaded.sync),
      received: staging.compressAhead,
    };
    let full = false;
    await takePages(timed(loaded.openSource(deps.world).read(request), clockFrom(start.nowMs)), {
      stage,
      async prepare(page) {
        await ahead?.add(page);
        full = deps.cache.grew(ref, ahead?.bytes ?? 0) && !facts.planned;
      },
      isLast: () => full || endsHere(batch, loaded),
    });
  }
  const result = { records: batch.records, bytes: batch.bytes, complete: batch.complete };
  if (facts.planned && result.complete && result.records === 0) await keepToPlannedEnd(deps, ref);
  await staging.closeFetch(ref.run, ref.seq, start.attempt, result, batch.position, batch.readsAgain);
  const prepared = ahead?.result();
  if (prepared) deps.cache.put(ref, prepared);
  return result;
}

interface PageWork {
  /** Makes the page durable. */
  readonly stage: (page: TimedPage) => Promise<void>;
  /** Never rejects: what fails there is left to the steps that follow. */
  readonly prepare: (page: TimedPage) => Promise<void>;
  /** Whether the page staged last is the last of the batch. */
  readonly isLast: () => boolean;
}

/**
 * Works on each page while it is staged and the next one is on its way. That one is asked for when this one is durable:
 * a crash has no more than one page read again.
 */
async function takePages(pages: AsyncIterable<TimedPage>, { stage, prepare, isLast }: PageWork): Promise<void> {
  const reading = pages[Symbol.asyncIterator]();
  try {
    for (let coming = reading.next(); ; ) {
      const { done, value: page } = await coming;
      if (done) return;
      const staged = stage(page);
      // Both are awaited below; a failure before that must not count as unhandled.
      staged.catch(() => {});
      const prepared = prepare(page);
      let last: boolean;
      try {
        await staged;
        last = isLast();
        if (!last) {
          coming = reading.next();
          coming.catch(() => {});
        }
      } finally {
        await prepared;
      }
      if (last) return;
    }
  } finally {
    await reading.return?.();
  }
}

/** Validates and transforms a batch while it is read. What fails there is left to the step whose business it is. */
class PreparedAhead {
  readonly #work: ReturnType<typeof preparationFor>;
  #failed = false;

  constructor(work: ReturnType<typeof preparationFor>) {
    this.#work = work;
  }

  async add({ records, asOfMs }: TimedPage): Promise<void> {
    if (this.#failed) return;
    await inSlices(records, (slice) => this.#work.add(slice, asOfMs)).catch(() => {
      this.#failed = true;
    });
  }

  /** What it takes in memory so far. */
  get bytes(): number {
    return this.#failed ? 0 : this.#work.bytes();
  }

  result(): Prepared | undefined {
    return this.#failed ? undefined : this.#work.result();
  }
}
