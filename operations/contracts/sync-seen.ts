import { z } from 'zod';
import { observed } from './run-state.ts';
import { runSummary } from './run-summary.ts';

const watermark = z.object({
  kind: z.enum(['time', 'number']),
  value: z.number(),
  form: z.string().exactOptional(),
  epoch: z.enum(['seconds', 'ms']).exactOptional(),
});

/** How a sync stands beside its runs; see `Standing`. */
const standing = z.object({
  sync: z.string(),
  pausedAt: z.string().nullable(),
  pauseNote: z.string().nullable(),
  watermark: watermark.nullable(),
  lastGood: z.object({ run: z.string(), status: z.string(), at: z.string(), upTo: z.string() }).nullable(),
  lastFailure: z.object({ run: z.string(), at: z.string(), code: z.string(), message: z.string() }).nullable(),
  idleTicks: z.object({ skipped: z.number(), missed: z.number(), last: z.string() }).nullable(),
});

/** What is to be shown of it: a status in one word, and why it is so in one line; empty when all is well. */
const shown = z.object({ status: z.string(), reason: z.string() });

/** A run with, while it is open, what it does right now. */
export const seen = shown.extend({ summary: runSummary, live: observed.nullable() });
export type Seen = z.output<typeof seen>;

/** A sync as it stands. */
export const syncSeen = shown.extend({
  sync: z.string(),
  /** How far the destination is behind; null when no run has read to the end. */
  behindMs: z.number().nullable(),
  standing: standing.nullable(),
  /** Latest first; of every sync only the latest when all are asked for. */
  runs: z.array(seen).readonly(),
});
export type SyncSeen = z.output<typeof syncSeen>;
