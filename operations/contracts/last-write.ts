import { z } from 'zod';
import { reconciled } from './counts.ts';

/** The last write of a record that the destination confirmed; see `LastWrite`. */
export const lastWrite = z.object({
  state: z.enum(['delivered', 'deleted', 'marked as deleted', 'delete in doubt']),
  hash: z.string(),
  version: z.string().nullable(),
  destinationId: z.string().nullable(),
  request: z.string().nullable(),
  run: z.string().nullable(),
  batch: z.number().nullable(),
  records: z.number().nullable(),
  sentAt: z.string().nullable(),
  fetchedAt: z.string().nullable(),
  reconciled: reconciled.nullable(),
  runDelivered: z.number().nullable(),
  runEndedAt: z.string().nullable(),
  confirmedAt: z.string().nullable(),
  workflowId: z.string().nullable(),
  mode: z.enum(['incremental', 'full', 'replay', 'backfill', 'repair']).nullable(),
  trigger: z.string().nullable(),
});
