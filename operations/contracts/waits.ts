import { z } from 'zod';
import { failureCode } from './failure-code.ts';

const place = z.object({ side: z.enum(['source', 'destination']), connection: z.string() });

const failedStep = z.object({
  step: z.string(),
  batch: z.number().nullable(),
  code: z.union([failureCode, z.literal('UNKNOWN')]),
  message: z.string(),
  place: place.exactOptional(),
});

/** A run that waits for a person; see `Parked`. */
export const parked = failedStep.extend({
  next: z.enum(['retry', 'wait', 'set-aside', 'park', 'stop', 'refuse']),
  since: z.string(),
});

/** A step that is tried again by itself; see `Waiting`. */
export const waiting = failedStep.extend({ attempt: z.number(), nextAttempt: z.string().nullable() });
