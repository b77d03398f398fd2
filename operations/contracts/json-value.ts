import { z } from 'zod';
import type { Json } from '../../model/record/json.ts';

/** Any value that JSON can carry. */
export const jsonValue: z.ZodType<Json, Json> = z.lazy(() =>
  z.union([
    z.null(),
    z.boolean(),
    z.number(),
    z.string(),
    z.array(jsonValue).readonly(),
    z.record(z.string(), jsonValue).readonly(),
  ]),
);
