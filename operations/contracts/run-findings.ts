import { z } from 'zod';
import { drift } from './drift.ts';
import { runNotice } from './run-notice.ts';

/** Records that were set aside for one reason; see `QuarantineGroup`. */
const quarantineGroup = z.object({
  code: z.string(),
  field: z.string().nullable(),
  reason: z.string(),
  records: z.number(),
});

/** What a run found beside its counts. */
export const runFindings = z.object({
  quarantine: z.array(quarantineGroup).readonly(),
  drift: z.array(drift.extend({ batches: z.number() })).readonly(),
  notices: z.array(runNotice).readonly(),
});
