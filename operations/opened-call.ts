import type { Call, CallDetail } from '../model/connection/call.ts';

/** A call with what was sealed of it. */
export interface OpenedCall extends Call {
  /** Entries that were lost before this one. */
  readonly lostBefore: number;
  readonly detail: CallDetail | null;
}
