import type { ReadyRecord } from '../../../model/record/prepared.ts';

export interface Confirmed {
  readonly record: ReadyRecord;
  /** The destination's own id; null when it is the key. */
  readonly destinationId: string | null;
  /** The version that the destination gave it; null: it has one and did not say; absent: it has none. */
  readonly tag?: string | null;
}
