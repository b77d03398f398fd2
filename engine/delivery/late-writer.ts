import { SyncFailure } from '../../model/failure/failure.ts';
import type { Delivery } from './delivery.ts';

/**
 * Refuses to send when this attempt may have been replaced since it proved to be the writer: a process that was frozen
 * in between does not notice it. `provenAtMs`: when the ledger last accepted its fence.
 */
export function refuseLate({ now, loaded }: Pick<Delivery, 'now' | 'loaded'>, provenAtMs: number): void {
  if (!mayBeReplaced(now() - provenAtMs, loaded.policy.heartbeatTimeout)) return;
  throw new SyncFailure('TIMEOUT', 'the step was held up just before a request: another may have taken over', {
    effect: 'none',
  });
}

/**
 * Presumed dead after a whole heartbeat time-out; half of it, as the last heartbeat was earlier than the proof. A clock
 * that went back does not say how long it was. Pure.
 */
export const mayBeReplaced = (silentMs: number, heartbeatTimeoutMs: number): boolean =>
  silentMs < 0 || silentMs > heldUpAtMostMs(heartbeatTimeoutMs);

/** Between the proof and the request. */
export const heldUpAtMostMs = (heartbeatTimeoutMs: number): number => heartbeatTimeoutMs / 2;
