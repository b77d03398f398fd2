import { z } from 'zod';

/** A run that was started, and its page in the Temporal UI; null when that is not known. */
export const startedRun = z.object({ run: z.string(), workflowId: z.string(), url: z.string().nullable() });
