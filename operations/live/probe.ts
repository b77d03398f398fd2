import type { Connection } from '../../model/connection/connection.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Project } from '../../model/sync/project.ts';
import { DAY_MS } from '../../model/text/duration.ts';
import type { Environment } from '../../platform/foundation/environment.ts';
import { openLedger } from '../../platform/ledger/ledger.ts';
import type { SeenCall } from '../../platform/outbound/journal/entry.ts';
import { limitsHeard } from '../../platform/outbound/pace/limit-headers.ts';
import { httpDateMs } from '../../platform/outbound/pace/retry-after.ts';
import { createWorld, type Watch, type World } from '../../platform/world.ts';
import type { Live, LiveConnection, LiveProblem } from './facts.ts';
import { readFirstPage } from './first-page.ts';
import { late, problemOf } from './problem.ts';

const CONNECTION_MS = 15_000;

const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What was seen at the connections, in memory. */
class Seen implements Watch {
  readonly calls: SeenCall[] = [];
  /** When the certificate ends, by connection. */
  readonly certificates = new Map<string, Date>();
  readonly journal = { note: (call: SeenCall) => void this.calls.push(call), close: async () => {} };

  readonly sawCertificate = (connection: string, _host: string, validTo: Date): void => {
    this.certificates.set(connection, validTo);
  };
}

/**
 * Calls each connection of a project, and reads the first page of each sync through its schema and mapping. Writes nothing.
 * With the ledger where one is up: tokens that are renewed have to be kept there, and limits are those of all workers
 * together.
 */
export async function callProject(
  project: Project,
  env: Environment,
  databaseUrl = env['DATABASE_URL'] || null,
): Promise<Live> {
  const ledger = databaseUrl === null ? undefined : await openLedger(databaseUrl).catch(() => undefined);
  const seen = new Seen();
  const world = createWorld(project.folder, env, silentLog, ledger, seen);
  try {
    const connections = await Promise.all(
      [...project.connections.values()].map((connection) => callConnection(project, world, connection, seen)),
    );
    const down = new Set(connections.flatMap(({ name, problem }) => (problem === null ? [] : [name])));
    const reachable = [...project.syncs.values()].filter(({ sourceConnection }) => !down.has(sourceConnection.name));
    const syncs = await Promise.all(reachable.map((loaded) => readFirstPage(loaded, world)));
    return { connections, syncs };
  } finally {
    await world.close();
    await ledger?.close();
  }
}

async function callConnection(
  project: Project,
  world: World,
  connection: Connection,
  seen: Seen,
): Promise<LiveConnection> {
  const beganMs = performance.now();
  const { says, problem } = await checked(project, world, connection);
  const ms = Math.round(performance.now() - beganMs);
  const call = seen.calls.findLast((one) => one.connection.name === connection.name);
  const nowMs = Date.now();
  return {
    name: connection.name,
    kind: connection.kind,
    says,
    problem,
    ms: call?.ms ?? ms,
    status: call?.status ?? null,
    login: loginOf(connection, problem, call),
    scopes: scopesOf(call),
    limits: call === undefined ? [] : limitsHeard(call.responseHeaders, nowMs),
    certificate: certificateOf(seen.certificates.get(connection.name), nowMs),
    skewMs: call === undefined ? null : skewOf(call),
  };
}

async function checked(
  project: Project,
  world: World,
  connection: Connection,
): Promise<{ readonly says: string | null; readonly problem: LiveProblem | null }> {
  try {
    const connector = project.connectors.get(connection.kind);
    if (connector === undefined) throw new SyncFailure('PROJECT_INVALID', `no connector of kind ${connection.kind}`);
    const signal = AbortSignal.timeout(CONNECTION_MS);
    const answer = connector.check(connection, world.toolsFor(connection), signal);
    return { says: await Promise.race([answer, late(signal, CONNECTION_MS)]), problem: null };
  } catch (error) {
    return { says: null, problem: problemOf(error) };
  }
}

const refusals: ReadonlySet<string> = new Set(['AUTH_REJECTED', 'FORBIDDEN', 'SECRET_MISSING']);

function loginOf(
  { auth, settings }: Connection,
  problem: LiveProblem | null,
  call: SeenCall | undefined,
): LiveConnection['login'] {
  if (problem !== null && refusals.has(problem.code)) return 'refused';
  if (call === undefined) return problem === null ? 'accepted' : 'untested';
  if (auth === undefined) return 'none';
  const probes =
    typeof settings === 'object' && settings !== null && 'probe' in settings && settings.probe !== undefined;
  return problem === null && probes ? 'accepted' : 'untested';
}

const certificateOf = (validTo: Date | undefined, nowMs: number): LiveConnection['certificate'] =>
  validTo === undefined
    ? null
    : { validTo: validTo.toISOString(), daysLeft: Math.floor((validTo.getTime() - nowMs) / DAY_MS) };

/** As GitHub says it, or as RFC 6750 lets a refusal say what is missing. */
function scopesOf(call: SeenCall | undefined): string | null {
  const headers = call?.responseHeaders ?? {};
  const missing = /scope="([^"]{1,200})"/.exec(headers['www-authenticate'] ?? '')?.[1];
  return headers['x-oauth-scopes'] ?? (missing === undefined ? null : `missing: ${missing}`);
}

/** `Date` is whole seconds: the middle of its second against the middle of the call. */
function skewOf({ responseHeaders, atMs, ms }: SeenCall): number | null {
  const theirsMs = httpDateMs(responseHeaders['date'] ?? '');
  return theirsMs === undefined ? null : Math.round(theirsMs + 500 - (atMs + ms / 2));
}
