import { z } from 'zod';
import type { Comparison } from '../../engine/compare/compare.ts';

/** Keys that are named of each kind of difference. */
const SAMPLES = 20;

/** Both sides of a sync compared, in numbers and some keys; see `Comparison`. */
export const comparisonDocument = z.object({
  sync: z.string(),
  by: z.enum(['checksums', 'reading', 'nothing']),
  checked: z.number(),
  extra: z.number(),
  transferred: z.object({ sums: z.number(), keys: z.number(), records: z.number() }),
  missing: z.number(),
  different: z.number(),
  samples: z.object({ missing: z.array(z.string()), different: z.array(z.string()), extra: z.array(z.string()) }),
});
export type ComparisonDocument = z.output<typeof comparisonDocument>;

export const documentOf = ({ missing, different, extras, ...rest }: Comparison): ComparisonDocument => ({
  ...rest,
  missing: missing.length,
  different: different.length,
  samples: {
    missing: missing.slice(0, SAMPLES).map(({ key }) => key),
    different: different.slice(0, SAMPLES).map(({ key }) => key),
    extra: extras.slice(0, SAMPLES).map(({ id }) => id),
  },
});
