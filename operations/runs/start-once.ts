import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { refusal } from '../../model/failure/failure.ts';
import { workflowId } from '../../model/names.ts';
import type { Engine } from '../engine.ts';
import { newRunId, type StartedRun, type StartOptions, startRun, workflowUrl } from './start.ts';

/** A start that may be a repetition. */
export interface Once {
  readonly run: string;
  /** It had been started before; there is nothing to do. */
  readonly started: StartedRun | null;
}

/**
 * The run of a trigger's key. The same key is the same run, so that a caller may ask again whenever it does not know
 * whether it was heard. Throws TRIGGER_REUSED when the key came before with another request.
 */
export async function onceFor(engine: Engine, sync: string, key: string, request: string): Promise<Once> {
  const trigger = await engine.ledger.triggers.claim(sync, key, newRunId(new Date()), request);
  if (trigger.request !== request)
    throw refusal(
      'TRIGGER_REUSED',
      `the id \`${key}\` has started run ${trigger.run} of \`${sync}\` with other options`,
      { todo: 'Use another id for another request.' },
    );
  if (!trigger.repeated) return { run: trigger.run, started: null };
  const known =
    (await engine.ledger.reports.run(trigger.run)) !== undefined || (await exists(engine.client, sync, trigger.run));
  return { run: trigger.run, started: known ? startedRun(engine, sync, trigger.run) : null };
}

/** Starts it, unless somebody else with the same key was quicker. */
export async function startOnce(engine: Engine, options: StartOptions & { readonly run: string }): Promise<StartedRun> {
  try {
    return await startRun(engine.client, engine.taskQueue, options);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return startedRun(engine, options.sync, options.run);
  }
}

function startedRun({ client, uiUrl }: Engine, sync: string, run: string): StartedRun {
  const id = workflowId(sync, run);
  return { run, workflowId: id, url: workflowUrl(client, uiUrl, id) };
}

const exists = (client: Client, sync: string, run: string): Promise<boolean> =>
  client.workflow
    .getHandle(workflowId(sync, run))
    .describe()
    .then(
      () => true,
      () => false,
    );
