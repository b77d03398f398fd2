import { z } from 'zod';

/** A request of a connection and its answer, as the journal has them in columns; see `Call`. */
export const call = z.object({
  id: z.string(),
  at: z.string(),
  connection: z.string(),
  sync: z.string().nullable(),
  run: z.string().nullable(),
  batch: z.number().nullable(),
  step: z.string().nullable(),
  method: z.string(),
  route: z.string(),
  status: z.number().nullable(),
  code: z.string().nullable(),
  ms: z.number(),
  requestBytes: z.number(),
  responseBytes: z.number(),
  keys: z.number(),
  bodiesDropped: z.boolean(),
});
