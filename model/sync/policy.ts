import { z } from 'zod';
import { DURATION_GRAMMAR, parseDurationMs } from '../text/duration.ts';

/** A duration in a sync file, in milliseconds once parsed. */
export const duration = z.string().transform((text, context) => {
  const ms = parseDurationMs(text);
  if (ms === undefined)
    context.addIssue({ code: 'custom', message: `expected ${DURATION_GRAMMAR}, found \`${text}\`` });
  return ms ?? 0;
});

/**
 * Every limit of a run (invariant 9, bounded). Plain data: it is read when a run begins, stored with the run and
 * recorded in its history, so that changing it never disturbs a run under way.
 */
export const policySchema = z.strictObject({
  /** Records in one batch, at the most. */
  batchRecords: z.int().min(1).max(50_000).default(20_000),
  /** Bytes of one batch as received, at the most; one page may exceed it. */
  batchBytes: z
    .int()
    .min(1024)
    .max(64 * 1024 * 1024)
    .default(12 * 1024 * 1024),
  /** Batches fetched and not yet delivered. */
  batchesInFlight: z.int().min(1).max(16).default(3),
  /** Batches before the run continues as a new execution, so that no history gets long: about twenty events each. */
  batchesPerExecution: z.int().min(1).max(500).default(200),
  /** One record as JSON; a larger one goes to quarantine. */
  maxRecordBytes: z
    .int()
    .min(1)
    .max(64 * 1024 * 1024)
    .default(1024 * 1024),
  /** The run halts when more than this share of a batch is rejected… */
  maxRejectedShare: z.number().min(0).max(1).default(0.5),
  /** …and at least this many. */
  maxRejectedAtLeast: z.int().min(1).default(100),
  /** Delivered records of each batch that are read back from the destination at the end of a run; 0 for none. */
  readBack: z.union([z.literal('all'), z.int().min(0)]).default(1000),
  /** First wait after a failed attempt; doubles up to `retryMax`. */
  retryFirst: duration.prefault('1 second'),
  retryMax: duration.prefault('1 minute'),
  /** Attempts go on this long; then the run is parked and waits for a person. */
  giveUpAfter: duration.prefault('24 hours'),
  /** The longest honest attempt of one step on one batch. */
  stepTimeout: duration.prefault('30 minutes'),
  /** A worker that is silent for this long is presumed dead. */
  heartbeatTimeout: duration.prefault('10 seconds'),
});

export type Policy = z.output<typeof policySchema>;
export type PolicyInput = z.input<typeof policySchema>;
