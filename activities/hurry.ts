import type { Dependencies } from '../engine/dependencies.ts';

/** Beside the steps: a person does not want to wait for the next attempt of what waits in this run. Safe to repeat. */
export const hurryRun = (deps: Dependencies): Promise<void> => deps.hurry(deps.attempt().workflowId);
