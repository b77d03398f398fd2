import { hostname } from 'node:os';
import proto from '@temporalio/proto';
import { readSettings } from '../platform/foundation/config.ts';
import { connectTemporal } from '../platform/temporal/connection.ts';

/** A poll lasts a minute at most: a worker that has not polled for longer than this does not work. */
const silentForMs = 90_000;

/**
 * The health check of a worker's container: exits 0 when a worker of this host has lately asked Temporal for work, which
 * takes a live process, a reachable Temporal and a loaded project. Says on stderr what is wrong otherwise.
 */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const temporal = await connectTemporal(settings.temporalAddress, settings.namespace);
  const { pollers } = await temporal.connection.workflowService.describeTaskQueue({
    namespace: settings.namespace,
    taskQueue: { name: settings.taskQueue },
    taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
  });
  await temporal.close();
  const since = Date.now() - silentForMs;
  const polling = (pollers ?? []).some(
    ({ identity, lastAccessTime }) =>
      identity?.endsWith(`@${hostname()}`) && Number(lastAccessTime?.seconds ?? 0) * 1000 > since,
  );
  if (!polling) throw new Error(`no worker of ${hostname()} polls the task queue ${settings.taskQueue}`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
