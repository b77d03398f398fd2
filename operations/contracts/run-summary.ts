import { z } from 'zod';
import { counts, reconciled } from './counts.ts';

/** A run as the ledger has it; see `RunSummary`. */
export const runSummary = z.object({
  run: z.string(),
  sync: z.string(),
  workflowId: z.string(),
  mode: z.string(),
  trigger: z.string(),
  status: z.string(),
  counts: counts.nullable(),
  reconciled: reconciled.nullable(),
  failureCode: z.string().nullable(),
  failure: z.string().nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
});
