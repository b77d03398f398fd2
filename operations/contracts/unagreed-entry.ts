import { z } from 'zod';

/** A record that both sides do not agree on; see `UnagreedEntry`. */
export const unagreedEntry = z.object({
  key: z.string(),
  finding: z.enum(['missing', 'different']),
  times: z.number(),
  run: z.string(),
  foundAt: z.string(),
  givenUpAt: z.string().nullable(),
  reason: z.string().nullable(),
});
