import type { Connection } from '../model/connection/connection.ts';
import { isSecretName, secretKind } from '../model/connection/secret-text.ts';
import type { Connector, Endpoint } from '../model/connector/connector.ts';
import { didYouMean } from '../model/text/near-name.ts';
import { explainIssues, unknownKey } from './explain-issue.ts';
import { schemaKeys } from './schema-walk.ts';
import { pathText } from './shown.ts';
import type { SyncProblems } from './sync-problems.ts';

/** What endpoints can refer to. */
export interface Systems {
  readonly connections: ReadonlyMap<string, Connection>;
  /** Of systems with errors too. */
  readonly names: ReadonlySet<string>;
  readonly connectors: ReadonlyMap<string, Connector>;
}

/** A source or destination that fits its connection; its options parsed. */
export interface CheckedEndpoint {
  readonly connection: Connection;
  readonly connector: Connector;
  readonly options: unknown;
}

/** One side of a sync against its connection and its connector. Undefined when it cannot be opened; problems say why. */
export function checkEndpoint(
  side: 'source' | 'destination',
  endpoint: Endpoint,
  systems: Systems,
  problems: SyncProblems,
): CheckedEndpoint | undefined {
  const { kind, connection: name, options } = endpoint;
  const connector = systems.connectors.get(kind);
  if (!connector) {
    const kinds = [...systems.connectors.keys()];
    problems.error(
      'KIND_UNKNOWN',
      [side],
      `${side}: there is no connector \`${kind}\`.${didYouMean(kind, kinds)} There are: ${kinds.join(', ')}.`,
    );
  }
  const connection = systems.connections.get(name);
  if (!systems.names.has(name)) {
    const names = [...systems.names];
    const known = names.length === 0 ? '' : ` It has: ${names.join(', ')}.`;
    problems.errorAtText(
      'CONNECTION_UNKNOWN',
      [side],
      name,
      `${side}: connections.yaml has no system \`${name}\`.${didYouMean(name, names)}${known}`,
    );
  } else if (connection && connector && connection.kind !== kind) {
    problems.errorAtText(
      'KIND_MISMATCH',
      [side],
      name,
      `${side}: \`${name}\` is of kind \`${connection.kind}\`, and is used through \`${kind}\`.`,
      `Import \`syncline/connectors/${connection.kind}\`.`,
    );
    return undefined;
  }
  checkSecrets(side, options, problems);
  if (!connector) return undefined;
  const schema = connector[side].options;
  const parsed = schema.safeParse(options);
  if (!parsed.success) {
    const input = { schema, value: options };
    for (const { code, path, message } of explainIssues(parsed.error.issues, input))
      problems.error(code, [side, ...path], `${side}: ${message}`);
  }
  const allowed = schemaKeys(schema);
  const unread = allowed && isMap(options) ? Object.keys(options).filter((key) => !allowed.includes(key)) : [];
  const isSaid = (key: string) =>
    !parsed.success &&
    parsed.error.issues.some((issue) => issue.code === 'unrecognized_keys' && issue.keys.includes(key));
  for (const key of unread)
    if (!isSaid(key)) problems.error('KEY_UNKNOWN', [side, key], `${side}: ${unknownKey([key], allowed).message}`);
  if (!parsed.success || unread.length > 0 || !connection) return undefined;
  return { connection, connector, options: parsed.data };
}

/** A secret may not stand in a sync file either. */
function checkSecrets(side: string, value: unknown, problems: SyncProblems, path: readonly string[] = []): void {
  if (typeof value === 'string') {
    const kind = secretKind(value) ?? (isHeaderSecret(path) && value !== '' ? 'a secret' : undefined);
    if (kind === undefined) return;
    const next = 'Put it into `auth` of the connection, as a reference; then renew it, for it has been in a file.';
    problems.error('SECRET_IN_CLEAR', [side, ...path], `${side}: \`${pathText(path)}\` holds ${kind} in clear.`, next);
  } else if (typeof value === 'object' && value !== null)
    for (const [key, below] of Object.entries(value)) checkSecrets(side, below, problems, [...path, key]);
}

/** Names such as `token` may be fields of a page or body; under `headers` they are secrets. */
const isHeaderSecret = (path: readonly string[]): boolean =>
  path.includes('headers') && isSecretName(path.at(-1) ?? '');

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
