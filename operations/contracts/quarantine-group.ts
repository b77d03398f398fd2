import { z } from 'zod';

/** How many records were set aside for one reason. */
export const quarantineGroup = z.object({
  code: z.string(),
  field: z.string().nullable(),
  reason: z.string(),
  records: z.number(),
});
