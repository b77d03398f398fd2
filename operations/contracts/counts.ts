import { z } from 'zod';

/** The buckets of a run; see `Counts`. */
export const counts = z.object({
  fetched: z.number(),
  delivered: z.number(),
  unchanged: z.number(),
  filtered: z.number(),
  quarantined: z.number(),
  superseded: z.number(),
  deleted: z.number(),
});

/** What reading back found; see `Reconciled`. */
export const reconciled = z.object({
  checked: z.number(),
  missing: z.number(),
  extra: z.number(),
  different: z.number(),
});
