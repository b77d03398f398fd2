import proto from '@temporalio/proto';
import { taskQueueOf } from '../../platform/foundation/config.ts';
import type { Environment } from '../../platform/foundation/environment.ts';
import {
  connectTemporal,
  missingSearchAttributes,
  type TemporalConnection,
} from '../../platform/temporal/connection.ts';
import type { TemporalPlace } from '../context.ts';
import { type Finding, failedBy, ok, skipped, warning } from './finding.ts';

const part = 'Temporal';

/** A server that is up: it, its UI, and whether a worker works for us there. */
export async function checkTemporalServer(place: TemporalPlace, env: Environment): Promise<Finding[]> {
  let temporal: TemporalConnection;
  try {
    temporal = await connectTemporal(place.temporalAddress, place.namespace);
  } catch (error) {
    return [failedBy(part, error), skipped('Worker', 'not known while Temporal does not answer')];
  }
  try {
    return [
      await checkServer(temporal, place),
      await checkUi(place.uiUrl),
      await checkWorker(temporal, taskQueueOf(env)),
    ];
  } catch (error) {
    return [failedBy(part, error)];
  } finally {
    await temporal.close();
  }
}

async function checkServer(temporal: TemporalConnection, place: TemporalPlace): Promise<Finding> {
  const { serverVersion } = await temporal.connection.workflowService.getSystemInfo({});
  const found = `server ${serverVersion || 'of unknown version'} at ${place.temporalAddress}, namespace ${place.namespace}`;
  const missing = await missingSearchAttributes(temporal);
  if (missing.length === 0) return ok(part, found);
  return warning(
    part,
    `${found}; search attributes to be made: ${missing.join(', ')}`,
    'Nothing: the next worker or run makes them.',
  );
}

const uiTimeoutMs = 3000;

async function checkUi(uiUrl: string | null): Promise<Finding> {
  const name = 'Temporal UI';
  if (uiUrl === null) return skipped(name, 'its address is not known; TEMPORAL_UI_URL names it');
  try {
    const answer = await fetch(uiUrl, { signal: AbortSignal.timeout(uiTimeoutMs) });
    if (answer.ok) return ok(name, uiUrl);
    return warning(name, `${uiUrl} answers ${answer.status}`, 'Syncs run without it; look at its log.');
  } catch {
    return warning(name, `${uiUrl} does not answer`, 'Syncs run without it; start it, or mend TEMPORAL_UI_URL.');
  }
}

/** A long poll lasts a minute at most. */
const pollerSilentMs = 70_000;

async function checkWorker(temporal: TemporalConnection, taskQueue: string): Promise<Finding> {
  const { pollers } = await temporal.connection.workflowService.describeTaskQueue({
    namespace: temporal.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  });
  const live = (pollers ?? []).filter(
    ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < pollerSilentMs,
  );
  if (live.length > 0) return ok('Worker', `${live.length} at the task queue ${taskQueue}`);
  return warning(
    'Worker',
    `none asks the task queue ${taskQueue} for work`,
    'Start one: {stack.start}, or the worker of your deployment.',
  );
}
