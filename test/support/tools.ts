import type { Connection, SecretRef } from '../../model/connection/connection.ts';
import type { ConnectorTools, Log } from '../../model/connector/connector.ts';
import { underFileLock } from '../../platform/foundation/file-lock.ts';
import { createHttpClient, type HttpDoor, type OpenHttpClient } from '../../platform/outbound/client.ts';

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A connection with the defaults of connections.yaml. */
export const connectionTo = (settings: unknown, more: Partial<Connection> = {}): Connection => ({
  name: 'shop',
  kind: 'rest',
  settings,
  network: 'private',
  limits: {},
  timeoutMs: 30_000,
  maxResponseBytes: 64 * 1024 * 1024,
  ...more,
});

/** Secrets of a test: the value behind `{ env: NAME }`. */
export const secretsOf =
  (values: Readonly<Record<string, string>>) =>
  async (ref: SecretRef): Promise<string> =>
    ('env' in ref ? values[ref.env] : undefined) ?? '';

/** The HTTP door of a connection, on the real clock. The caller closes it. */
export const doorTo = (
  connection: Connection,
  secrets: Readonly<Record<string, string>> = {},
  more: Partial<HttpDoor> = {},
): OpenHttpClient =>
  createHttpClient({ connection, readSecret: secretsOf(secrets), log: silentLog, clock: Date, ...more });

/** What a connector over HTTP is lent: there is no SQL in it. */
export const httpTools = (http: OpenHttpClient): ConnectorTools => ({
  http,
  open: () => {
    throw new Error('this connector has no business with anything but HTTP');
  },
  secret: async () => '',
  log: silentLog,
  underFileLock,
  projectFolder: '/nowhere',
});
