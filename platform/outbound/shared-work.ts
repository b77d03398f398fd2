import { isSyncFailure, SyncFailure } from '../../model/failure/failure.ts';

/** Whatever became of a login, the call that waited for it was not sent. */
export const withoutEffect = (error: unknown): unknown =>
  isSyncFailure(error)
    ? new SyncFailure(error.code, error.message, {
        effect: 'none',
        ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
      })
    : error;

/** Waits for what serves many calls, and stops waiting when this one call is given up. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
