import { z } from 'zod';
import { entryStates } from '../../platform/ledger/quarantine/entries.ts';

/** A record that was set aside; see `QuarantineEntry`. */
export const quarantineEntry = z.object({
  id: z.string(),
  state: z.enum(entryStates),
  run: z.string(),
  batch: z.number(),
  ordinal: z.number(),
  stage: z.string(),
  key: z.string().nullable(),
  code: z.string(),
  field: z.string().nullable(),
  rule: z.string().nullable(),
  reason: z.string(),
  record: z.string().nullable(),
  at: z.string(),
  resolvedAt: z.string().nullable(),
  resolvedBy: z.string().nullable(),
});
