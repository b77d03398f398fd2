import type { MinimumRate } from './slow-body.ts';

export interface ExchangeLimits {
  /** Of the connection, for messages. */
  readonly name?: string;
  /** From the first byte sent to the last received. */
  readonly timeoutMs: number;
  /** The largest body read, decompressed. */
  readonly maxResponseBytes: number;
  /** Of a body under way. Default: MINIMUM_RATE. */
  readonly minimumRate?: MinimumRate;
}
