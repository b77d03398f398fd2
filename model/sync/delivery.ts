/** What a destination offers to make a repeated write harmless. Declared by the connector, never typed by hand. */
export interface DeliveryCapabilities {
  /** Rows and a marker of the request are committed in one transaction. */
  readonly transaction?: boolean;
  /** A repeated request with the same key has one effect, for this many hours. */
  readonly idempotencyKeyHours?: number;
  /** Writing a key that exists replaces it. */
  readonly upsert?: boolean;
  /** A record can be read by its key; an absent one may take this long to become visible. */
  readonly lookupLagMs?: number;
}

export const deliveryClasses = ['T1', 'T2', 'T3', 'T4', 'T5'] as const;
export type DeliveryClass = (typeof deliveryClasses)[number];

/** The strongest promise that the capabilities allow (invariant 4). */
export function deliveryClass(can: DeliveryCapabilities): DeliveryClass {
  if (can.transaction) return 'T1';
  if (can.idempotencyKeyHours !== undefined) return 'T2';
  if (can.upsert) return 'T3';
  if (can.lookupLagMs !== undefined) return 'T4';
  return 'T5';
}

/**
 * What the class is worth for a request that was first sent `ageMs` ago: past the window of its idempotency key the
 * destination takes a repeated request for a new one.
 */
export function deliveryClassAfter(can: DeliveryCapabilities, ageMs: number): DeliveryClass {
  const { idempotencyKeyHours, ...rest } = can;
  const forgotten = idempotencyKeyHours !== undefined && ageMs >= idempotencyKeyHours * 3_600_000;
  return deliveryClass(forgotten ? rest : can);
}

/** The promise of each class under crash and time-out, in one sentence. */
export const deliveryPromise: Record<DeliveryClass, string> = {
  T1: 'Each record takes effect exactly once: rows and the marker of the request are committed together in the destination.',
  T2: 'Each record takes effect exactly once: the destination recognises a repeated request by its idempotency key.',
  T3: 'Each record reaches its final state exactly once: a repeated write replaces the record with the same content.',
  T4: 'Each record is written exactly once: before a doubtful write is repeated, the record is looked up by its key.',
  T5: 'The destination cannot recognise a repeated write: a write in doubt is held until a person decides.',
};
