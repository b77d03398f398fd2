import {
  type Client,
  isGrpcDeadlineError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { signalName, updateName } from '../../model/names.ts';
import type { Verb } from '../../model/sync/steering.ts';

/** What came of asking a run. `kept`: no worker answered; the signal waits for one. */
export type Asked =
  | { readonly outcome: 'done'; readonly words: string }
  | { readonly outcome: 'refused'; readonly words: string }
  | { readonly outcome: 'kept'; readonly words: string };

/** A worker that is there answers within this. */
const ANSWER_WITHIN_MS = 10_000;

/** Asks a run, and waits for its answer. Where no worker is up, the question is kept as a signal. */
export async function askRun(client: Client, workflowId: string, verb: Verb): Promise<Asked> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const words = await client.connection.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
      handle.executeUpdate<string, []>(updateName[verb]),
    );
    return { outcome: 'done', words };
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError)
      return { outcome: 'refused', words: error.cause?.message ?? error.message };
    if (!isSilence(error)) throw error;
    await handle.signal(signalName[verb]);
    return { outcome: 'kept', words: `no worker answers: \`${verb}\` is kept, and heard when one is up` };
  }
}

const isSilence = (error: unknown): boolean =>
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error);
