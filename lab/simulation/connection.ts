import type { ConnectorTools } from '../../model/connector/connector.ts';

/** The connection of a system that lives in this process. */
export const connectionOf = (kind: 'rest' | 'postgres') => ({
  name: 'sim',
  kind,
  settings: {},
  limits: {},
  timeoutMs: 0,
  maxResponseBytes: 1_000_000,
});

const nothing = (what: string) => () => {
  throw new Error(`no ${what} here`);
};

/** What a connector is lent: the one way to its system, and nothing else. */
export const toolsWith = (way: Partial<Pick<ConnectorTools, 'http' | 'open'>>): ConnectorTools => ({
  http: { request: nothing('HTTP') },
  open: nothing('database'),
  secret: nothing('secrets'),
  log: { debug() {}, info() {}, warn() {}, error() {} },
  projectFolder: '',
  underFileLock: nothing('file'),
  ...way,
});

/** Gives this transport, whatever is opened. */
export const openingAs = (transport: unknown) => (() => transport) as ConnectorTools['open'];
