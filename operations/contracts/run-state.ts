import { z } from 'zod';
import { counts } from './counts.ts';
import { parked, waiting } from './waits.ts';

/** What an open run says of itself; see `RunState`. */
const runState = z.object({
  sync: z.string(),
  run: z.string(),
  stage: z.enum(['opening', 'syncing', 'reconciling', 'closing', 'closed']),
  mode: z.enum(['incremental', 'full', 'replay', 'backfill', 'repair']).nullable(),
  source: z.string().nullable(),
  destination: z.string().nullable(),
  deliveryClass: z.string().nullable(),
  paused: z.boolean(),
  parked: parked.nullable(),
  waiting: waiting.extend({ since: z.string() }).nullable().exactOptional(),
  batches: z.object({ fetched: z.number(), delivered: z.number() }),
  fetched: z.number(),
  counts,
  startedAt: z.string(),
});

/** What an open run does right now; `state` is null while no worker answers. See `Observed`. */
export const observed = z.object({ status: z.string(), state: runState.nullable(), waiting: waiting.nullable() });
