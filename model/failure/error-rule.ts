import { z } from 'zod';
import { duration } from '../sync/policy.ts';

/** Failures that a rule may sort an answer into: those that speak of a call, not of one record. */
const ruleCodes = [
  'RATE_LIMITED',
  'QUOTA_SPENT',
  'SERVER_ERROR',
  'TIMEOUT',
  'AUTH_REJECTED',
  'FORBIDDEN',
  'NOT_FOUND',
  'REQUEST_REJECTED',
  'SOURCE_INCOMPLETE',
] as const;

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/**
 * What an answer of this system means where its status does not say it, or says something else: a 200 with an error
 * inside, a 400 for too many calls. The first rule that fits decides, before the status does.
 */
export const errorRule = z
  .strictObject({
    /** Default: any. */
    status: z.union([z.int().min(200).max(599), z.array(z.int().min(200).max(599)).min(1)]).optional(),
    /** Place in a JSON body: a JSON pointer such as `/errors/0/code`. Something has to be there. */
    at: z.string().startsWith('/').optional(),
    /** What has to be there. Default: anything but null, `false`, an empty text, list or object. */
    is: z.union([scalar, z.array(scalar).min(1)]).optional(),
    code: z.enum(ruleCodes),
    /** Not before this, where the answer names no time itself. */
    retryAfter: duration.optional(),
    /** Whether a write that was answered so may have happened. Default: by status, `none` from 400 to 499. */
    effect: z.enum(['none', 'unknown']).optional(),
  })
  .refine(({ status, at }) => status !== undefined || at !== undefined, {
    error: 'expected `status`, `at` or both: without them the rule would fit every answer',
  })
  .refine(({ is, at }) => is === undefined || at !== undefined, {
    error: '`is` needs `at`: the place in the body where it is looked for',
  });
export type ErrorRule = z.output<typeof errorRule>;
