import type { Connection } from '../model/connection/connection.ts';
import type { ConnectorTools } from '../model/connector/connector.ts';
import { createWorld } from '../platform/world.ts';

/** A connection, the tools that go with it, and what closes them. */
export interface Lent {
  readonly connection: Connection;
  readonly tools: ConnectorTools;
  /** Closes what was opened through the tools. */
  close(): Promise<void>;
}

/** What a test says of a connection: the rest is as in connections.yaml when nothing is written there. */
export type ConnectionInput = Pick<Connection, 'name' | 'kind' | 'settings'> & Partial<Connection>;

/**
 * Lends a connector what a worker lends it: the doors to its system, secrets, locks of files. `projectFolder` is where
 * relative paths start and secrets lie, `env` what `{ env: NAME }` names. A connection to this machine itself needs
 * `network: 'private'`. Nothing is kept of the calls, and what the connector logs is dropped.
 */
export function lend(
  { limits = {}, timeoutMs = 30_000, maxResponseBytes = 64 * 1024 * 1024, ...rest }: ConnectionInput,
  {
    projectFolder,
    env = {},
  }: { readonly projectFolder: string; readonly env?: Readonly<Record<string, string | undefined>> },
): Lent {
  const connection: Connection = { ...rest, limits, timeoutMs, maxResponseBytes };
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const world = createWorld(projectFolder, env, silent);
  return { connection, tools: world.toolsFor(connection), close: () => world.close() };
}
