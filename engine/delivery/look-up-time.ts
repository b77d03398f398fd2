import type { Intent } from '../../platform/ledger/deliveries/intents.ts';
import { heldUpAtMostMs } from './late-writer.ts';

interface Times {
  /** Of the connection: for so long the destination may work on a request. */
  readonly timeoutMs: number;
  /** Of the policy. */
  readonly heartbeatTimeoutMs: number;
  /** A look-up may miss for so long what has taken effect. */
  readonly lookupLagMs: number;
}

/**
 * When a look-up tells what became of a request in doubt: it has ended by then, and its effect shows. Of one that no
 * attempt saw the end of it is only known when it was sent at the latest. Pure.
 */
export function lookUpAtMs(
  { openedAtMs, endedAtMs }: Pick<Intent, 'openedAtMs' | 'endedAtMs'>,
  { timeoutMs, heartbeatTimeoutMs, lookupLagMs }: Times,
): number {
  const ended = endedAtMs ?? openedAtMs + heldUpAtMostMs(heartbeatTimeoutMs) + timeoutMs;
  return Math.max(openedAtMs + timeoutMs, ended) + lookupLagMs;
}
