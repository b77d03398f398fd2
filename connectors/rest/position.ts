import { z } from 'zod';
import { trailSchema } from '../common/loop-guard.ts';
import { pagePlaceSchema } from './pages.ts';

/** What is known of counted pages so far, so that the next one can be seen to follow them. */
const count = z.strictObject({
  /** How often the read has begun again, since the list had shifted. */
  again: z.int().min(0),
  /** The last page: where it was asked for, how many records it held, and what tells its last one from others. */
  last: z.strictObject({ at: pagePlaceSchema, records: z.int().min(1), anchor: z.string() }).exactOptional(),
  /** How many records or pages the source promised last. */
  promised: z.number().exactOptional(),
  /** The offset of the first record, where it showed to be another than `pagination` says. */
  first: z.int().min(1).exactOptional(),
  /** The source gives offsets only in steps of whole pages, so that pages cannot overlap by one record. */
  wholePages: z.literal(true).exactOptional(),
  /** It went on shifting, so that records may have been passed over. */
  shifted: z.literal(true).exactOptional(),
});
export type Count = z.output<typeof count>;

export const restPosition = z.strictObject({
  at: pagePlaceSchema,
  trail: trailSchema.exactOptional(),
  count: count.exactOptional(),
});
export type RestPosition = z.output<typeof restPosition>;
