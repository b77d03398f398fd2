import { z } from 'zod';
import type { Connection } from '../../model/connection/connection.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import { hasErrors } from '../../model/text/problem.ts';
import { statesOf } from '../../platform/secrets/references.ts';
import { deliveryClassOf } from '../../project/delivery.ts';
import { type CheckedProject, checkProject } from '../../project/load.ts';
import type { LookingContext, OperationContext } from '../context.ts';
import { promise, promiseOf } from '../contracts/delivery-promise.ts';
import { problem } from '../contracts/problem.ts';
import { type Live, live } from '../live/facts.ts';
import { callProject } from '../live/probe.ts';
import { operation } from '../operation.ts';

/** A reference to a secret: never what is behind it. */
const secretState = z.object({
  path: z.string(),
  reference: z.string(),
  state: z.enum(['there', 'not asked', 'missing', 'exposed', 'unavailable']),
  reason: z.string().exactOptional(),
});

/** What connections.yaml says of a system for people. */
const stated = z.object({
  name: z.string(),
  kind: z.string(),
  owner: z.string().exactOptional(),
  sla: z.string().exactOptional(),
  documentation: z.string().exactOptional(),
  apiVersion: z.string().exactOptional(),
});

const side = z.object({ connection: z.string(), kind: z.string() });

const checkedSync = z.object({
  name: z.string(),
  file: z.string(),
  summary: z.string().exactOptional(),
  source: side,
  destination: side,
  mode: z.enum(['incremental', 'full']),
  delivery: promise,
  version: z.string(),
});

/**
 * Reads the project: its systems and syncs, and everything that is wrong with it at once. `live`: each system is called
 * as well, and the first page of each sync read through its schema and mapping; nothing is written.
 */
export const check = operation({
  name: 'check',
  effect: 'reads',
  input: z.object({ live: z.boolean() }),
  document: z.object({
    project: z.string(),
    /** The overlay that is chosen. */
    environment: z.string().nullable(),
    ok: z.boolean(),
    connections: z.array(stated.extend({ secrets: z.array(secretState).readonly() })).readonly(),
    syncs: z.array(checkedSync).readonly(),
    problems: z.array(problem).readonly(),
    /** Absent where nobody was called. */
    live: live.exactOptional(),
  }),
  target: () => null,
  async work(context: LookingContext, { live: calls }) {
    const { projectFolder, env } = context;
    const checked = await checkProject(projectFolder, env);
    const { project, problems } = checked;
    const called = calls ? await callLive(context, checked) : undefined;
    return {
      project: projectFolder,
      environment: env['SYNCLINE_ENV'] ?? null,
      ok: !hasErrors(problems),
      connections: await Promise.all(
        [...(project?.connections.values() ?? [])].map((connection) => connectionOf(context, connection)),
      ),
      syncs: [...(project?.syncs.values() ?? [])].map(syncOf),
      problems,
      ...(called && { live: called }),
    };
  },
});

/** Nobody is called on behalf of files that are wrong. */
async function callLive(context: LookingContext, { project, problems }: CheckedProject): Promise<Live | undefined> {
  if (project === undefined || hasErrors(problems)) return undefined;
  const { databaseUrl } = await context.running();
  return context.progress.step('Calling each system', () => callProject(project, context.env, databaseUrl));
}

const connectionOf = async (world: OperationContext, connection: Connection) => ({
  ...stated.parse(connection),
  secrets: await statesOf(connection, world, false),
});

function syncOf(loaded: LoadedSync): z.output<typeof checkedSync> {
  const { name, file, sync, sourceConnection, destinationConnection, mode, version } = loaded;
  return {
    name,
    file,
    ...(sync.summary !== undefined && { summary: sync.summary }),
    source: { connection: sourceConnection.name, kind: sourceConnection.kind },
    destination: { connection: destinationConnection.name, kind: destinationConnection.kind },
    mode,
    delivery: promiseOf(deliveryClassOf(loaded)),
    version,
  };
}
