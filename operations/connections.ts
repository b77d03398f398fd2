import { z } from 'zod';
import type { Project } from '../model/sync/project.ts';
import { engineKeys } from '../platform/crypto/engine-keys.ts';
import type { Ledger } from '../platform/ledger/ledger.ts';
import { released } from '../platform/outbound/limits/hold.ts';
import { type ConnectionReport, reportOf } from '../platform/outbound/limits/report.ts';
import { untouched } from '../platform/outbound/limits/state.ts';
import { checkProject } from '../project/load.ts';
import type { EngineContext } from './context.ts';
import { refuseUnknownConnection } from './known-names.ts';
import { operation } from './operation.ts';

const quota = z.object({
  window: z.enum(['minute', 'day']),
  spent: z.number(),
  units: z.number(),
  runsOut: z.string().nullable(),
  returns: z.string().nullable(),
});

/** Where a connection stands: see `ConnectionReport`. */
export const connectionReport = z.object({
  connection: z.string(),
  breaker: z.enum(['closed', 'open', 'half-open']),
  down: z.object({ since: z.string(), code: z.string(), nextTry: z.string() }).nullable(),
  held: z.object({ until: z.string(), code: z.string() }).nullable(),
  perSecond: z.number().nullable(),
  quotas: z.array(quota).readonly(),
  certificate: z.object({ host: z.string(), validTo: z.string(), daysLeft: z.number() }).nullable(),
  told: z
    .array(z.object({ name: z.string(), left: z.number(), units: z.number().nullable(), resets: z.string() }))
    .readonly(),
});

/** Where each connection of the project stands, by what all workers know together. Calls no system. */
export const listConnections = operation({
  name: 'connections.list',
  effect: 'reads',
  input: z.object({}),
  document: z.object({ connections: z.array(connectionReport).readonly() }),
  target: () => null,
  async work({ projectFolder, env, engine }: EngineContext) {
    const { project } = await checkProject(projectFolder, env);
    const { ledger } = await engine();
    return { connections: await connectionReports(ledger, project) };
  },
});

/**
 * Forgets that a system asked for a pause, said that its calls are used up, or was down; and tokens of which no key is at
 * hand. Limits that are stated hold.
 */
export const releaseConnection = operation({
  name: 'connections.release',
  effect: 'acts',
  input: z.object({ connection: z.string() }),
  document: z.object({ connection: z.string(), released: z.boolean(), droppedTokens: z.boolean() }),
  target: ({ connection }) => connection,
  async work({ projectFolder, env, engine }: EngineContext, { connection }) {
    const { project } = await checkProject(projectFolder, env);
    refuseUnknownConnection(project, connection);
    const keys = await engineKeys(env, projectFolder);
    const { ledger } = await engine();
    const wasWaiting = await ledger.connections.change(connection, released);
    const droppedTokens = await ledger.tokens.forget(connection, (sealed) => !keys.knows(sealed));
    return { connection, released: wasWaiting, droppedTokens };
  },
});

/** Every connection of the project, also those that were never called. */
export async function connectionReports(
  ledger: Pick<Ledger, 'connections' | 'certificates'>,
  project: Project | undefined,
): Promise<ConnectionReport[]> {
  const [known, certificates] = await Promise.all([ledger.connections.all(), ledger.certificates.all()]);
  return [...(project?.connections.values() ?? [])].map((connection) => {
    const { state, nowMs } = known.get(connection.name) ?? { state: untouched, nowMs: Date.now() };
    const certificate = certificates.find((seen) => seen.connection === connection.name);
    return reportOf(connection.name, state, connection, nowMs, certificate);
  });
}
