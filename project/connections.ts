import { resolve } from 'node:path';
import { z } from 'zod';
import { authSpec, clientCertificate as clientCertificateSpec } from '../model/connection/auth.ts';
import { journalSettings } from '../model/connection/call.ts';
import { type Connection, callLimits, type TlsRules } from '../model/connection/connection.ts';
import type { Connector } from '../model/connector/connector.ts';
import { errorRule } from '../model/failure/error-rule.ts';
import { duration } from '../model/sync/policy.ts';
import { formatDuration } from '../model/text/duration.ts';
import type { Problem } from '../model/text/problem.ts';
import type { SecretWorld } from '../platform/secrets/found.ts';
import { brokenPaths, kindProblem, placeComplaints, unreadKeys } from './connection-problems.ts';
import { type Explained, type ExplainedInput, explainIssues } from './explain-issue.ts';
import { authorityProblems, networkProblems } from './network-problems.ts';
import { schemaKeys } from './schema-walk.ts';
import { inspectReferences, inspectValues } from './secrets-in-clear.ts';
import { type Place, type TreeMap, treeValue } from './tree.ts';

const minTimeoutMs = 100;
const maxTimeoutMs = 3_600_000;

/** The keys that a system of any kind has. */
const commonKeys = z.strictObject({
  kind: z.string(),
  auth: authSpec.optional(),
  clientCertificate: clientCertificateSpec.optional(),
  tls: z
    .strictObject({
      ca: z.strictObject({ file: z.string().min(1) }).optional(),
      minVersion: z.enum(['1.2', '1.3']).optional(),
    })
    .optional(),
  network: z.enum(['public', 'private']).default('public'),
  plaintext: z.boolean().default(false),
  errors: z.array(errorRule).max(50).optional(),
  limits: callLimits.default({}),
  timeout: duration
    .refine((ms) => ms >= minTimeoutMs && ms <= maxTimeoutMs, {
      message: `expected ${formatDuration(minTimeoutMs)} to ${formatDuration(maxTimeoutMs)}`,
      when: ({ issues }) => issues.length === 0,
    })
    .prefault('30 seconds'),
  maxResponseBytes: z
    .int()
    .min(1024)
    .max(1024 ** 3)
    .default(64 * 1024 * 1024),
  journal: journalSettings.prefault({}),
  owner: z.string().optional(),
  sla: z.string().optional(),
  documentation: z.string().optional(),
  apiVersion: z.string().optional(),
});

const commonNames = Object.keys(commonKeys.shape);

const namePattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export interface ReadConnections {
  readonly connections: ReadonlyMap<string, Connection>;
  /** Those with errors too: a sync that names one is not told that it does not exist. */
  readonly names: ReadonlySet<string>;
  readonly places: ReadonlyMap<string, Place>;
  readonly problems: readonly Problem[];
}

/** Each system of the inventory, its settings parsed by the connector of its kind. */
export async function readConnections(
  tree: TreeMap,
  connectors: ReadonlyMap<string, Connector>,
  world: SecretWorld,
): Promise<ReadConnections> {
  const connections = new Map<string, Connection>();
  const problems: Problem[] = [];
  const places = new Map([...tree.entries].map(([name, { place }]) => [name, place]));
  for (const [name, { place, value }] of tree.entries) {
    if (!namePattern.test(name)) {
      const message = `\`${name.slice(0, 40)}\` is no name for a system; allowed are 1 to 64 of a-z, 0-9, \`-\` and \`_\`.`;
      problems.push({ severity: 'error', code: 'NAME_INVALID', ...place, message });
    }
    if (value.type !== 'map') {
      const message = `\`${name}\`: expected the keys of a system, at least \`kind\`, indented below its name.`;
      problems.push({ severity: 'error', code: 'VALUE_INVALID', ...place, message });
      continue;
    }
    const read = await readConnection({ name, place, tree: value }, connectors, world, [...tree.entries.keys()]);
    problems.push(...read.problems);
    if (read.connection && namePattern.test(name)) connections.set(name, read.connection);
  }
  return { connections, names: new Set(tree.entries.keys()), places, problems };
}

/** One system: its name, where the name stands, and what is below it. */
interface Entry {
  readonly name: string;
  readonly place: Place;
  readonly tree: TreeMap;
}

async function readConnection(
  { name, place, tree }: Entry,
  connectors: ReadonlyMap<string, Connector>,
  world: SecretWorld,
  systems: readonly string[],
): Promise<{ readonly connection?: Connection; readonly problems: readonly Problem[] }> {
  const values = [...inspectValues(tree), ...(await inspectReferences(tree, world))];
  const faults = values.filter(({ problem }) => problem.severity === 'error');
  const settled = [...faults.map(({ path }) => path), ...brokenPaths(tree)];
  const value = z.record(z.string(), z.unknown()).parse(treeValue(tree));
  const connector = typeof value['kind'] === 'string' ? connectors.get(value['kind']) : undefined;
  const settingNames = connector ? schemaKeys(connector.settings) : undefined;

  const common = commonKeys.safeParse(pick(value, commonNames));
  const settings = connector?.settings.safeParse(omit(value, commonNames));
  const explained = [
    ...kindProblem(name, value['kind'], connectors, systems),
    ...explain(common, { schema: commonKeys, value }),
    ...(connector && settings
      ? explain(settings, { schema: connector.settings, value, furtherKeys: commonNames })
      : []),
    ...unreadKeys(value, settingNames, commonNames),
    ...networkProblems(value),
    ...(await authorityProblems(value, world.projectFolder)),
  ];
  const problems = [...values.map((found) => found.problem), ...placeComplaints(tree, place, explained, settled)];
  const isSound = problems.every(({ severity }) => severity === 'warning') && brokenPaths(tree).length === 0;
  if (!isSound || !common.success || !settings?.success) return { problems };
  const { kind, timeout, tls, errors, auth, clientCertificate, owner, sla, documentation, apiVersion, ...rest } =
    common.data;
  const optional = { errors, auth, clientCertificate, owner, sla, documentation, apiVersion };
  const connection: Connection = {
    name,
    kind,
    settings: settings.data,
    timeoutMs: timeout,
    ...rest,
    ...defined(optional),
    ...(tls && { tls: tlsRules(tls, world.projectFolder) }),
  };
  return { connection, problems };
}

const tlsRules = (
  { ca, minVersion }: NonNullable<z.infer<typeof commonKeys>['tls']>,
  projectFolder: string,
): TlsRules => defined({ caFile: ca && resolve(projectFolder, ca.file), minVersion });

function explain(result: z.ZodSafeParseResult<unknown>, input: ExplainedInput): readonly Explained[] {
  return result.success ? [] : explainIssues(result.error.issues, input);
}

const pick = (value: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([key]) => keys.includes(key)));

const omit = (value: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

const defined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, found]) => found !== undefined)) as Defined<T>;
