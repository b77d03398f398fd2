import { failures, isSyncFailure, SyncFailure } from '../../model/failure/failure.ts';
import type { LiveProblem } from './facts.ts';

/** What went wrong, with the advice of its code. */
export function problemOf(error: unknown): LiveProblem {
  const code = isSyncFailure(error) ? error.code : 'INTERNAL';
  const message = error instanceof Error ? error.message : String(error);
  return { code, message, todo: failures[code].todo };
}

/** For a connector that does not listen to the signal. */
export const late = (signal: AbortSignal, limitMs: number): Promise<never> =>
  new Promise((_resolve, reject) => {
    const words = `no answer within ${limitMs / 1000} s`;
    signal.addEventListener('abort', () => reject(new SyncFailure('TIMEOUT', words)), { once: true });
  });
