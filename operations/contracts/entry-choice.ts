import { z } from 'zod';
import { entryStates } from '../../platform/ledger/quarantine/entries.ts';

/** Which entries of the quarantine of a sync; each part narrows the choice. See `EntryChoice`. */
export const entryChoice = z.object({
  state: z.enum(entryStates).exactOptional(),
  code: z.string().exactOptional(),
  field: z.string().exactOptional(),
  rule: z.string().exactOptional(),
  key: z.string().exactOptional(),
  since: z.string().exactOptional(),
  until: z.string().exactOptional(),
  run: z.string().exactOptional(),
  batch: z.int().exactOptional(),
  limit: z.int().min(1).exactOptional(),
});
