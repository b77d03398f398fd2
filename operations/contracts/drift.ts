import { z } from 'zod';

/** How records differ from the source schema; see `DriftFinding`. */
export const drift = z.object({
  field: z.string(),
  change: z.enum(['new', 'missing', 'changed']),
  found: z.string(),
  records: z.number(),
  of: z.number(),
  breaking: z.boolean(),
});
