import { z } from 'zod';
import { drift } from './drift.ts';
import { quarantineGroup } from './quarantine-group.ts';
import { runNotice } from './run-notice.ts';

/** What a run found beside its counts. */
export const runFindings = z.object({
  quarantine: z.array(quarantineGroup).readonly(),
  drift: z.array(drift.extend({ batches: z.number() })).readonly(),
  notices: z.array(runNotice).readonly(),
});
