import { z } from 'zod';

/** A run that was started, and its address in the Temporal UI; see `StartedRun`. */
export const startedRun = z.object({ run: z.string(), workflowId: z.string(), url: z.string().nullable() });
