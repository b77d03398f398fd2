import type { Position } from '../../model/connector/connector.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import type { TimedPage } from './page-clock.ts';

/**
 * The first batch of a run has so many records at the most, the next twice as many, and so on up to the policy: the
 * destination has something to do soon, while most batches are large enough to cost Temporal little.
 */
const FIRST_RECORDS = 2_500;

/** Whether a batch ends here. A plan cuts its batches by the same rule. */
export const endsHere = (batch: GrowingBatch, { policy }: Pick<LoadedSync, 'policy'>): boolean =>
  batch.complete ||
  batch.readsAgain ||
  batch.records >= Math.min(policy.batchRecords, FIRST_RECORDS * 2 ** (batch.seq - 1)) ||
  batch.bytes >= policy.batchBytes;

export class GrowingBatch {
  /** From 1. */
  readonly seq: number;
  parts: number;
  records: number;
  bytes: number;
  position: Position | null;
  /** The next batch begins the read again. */
  readsAgain = false;

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

  add(page: TimedPage): void {
    this.position = page.next;
    // Each reading is made of whole batches. Such a page has nothing to stage.
    this.readsAgain = page.readsAgain === true;
    if (this.readsAgain) return;
    this.parts++;
    this.records += page.records.length;
    this.bytes += page.body.length;
  }
}
