import type { z } from 'zod';
import type { Connection, ReadSecret } from '../connection/connection.ts';
import type { Destination } from './destination.ts';
import type { UnderFileLock } from './file-lock.ts';
import type { HttpClient } from './http.ts';
import type { Source } from './source.ts';
import type { OpenTransport } from './transport.ts';

export type * from './checksums.ts';
export type * from './destination.ts';
export type * from './file-lock.ts';
export type * from './http.ts';
export type * from './source.ts';
export type * from './transport.ts';

/**
 * The contract of a connector: one file per kind of system, which knows that system and nothing else.
 * A connector throws only SyncFailure. It keeps no state between calls, opens no socket by itself and
 * reads neither clock nor environment: what it needs arrives in `ConnectorTools`.
 * `acceptance` of `syncline/testing` is the definition: every connector passes it.
 */
export interface Connector<Settings = unknown, SourceOptions = unknown, DestinationOptions = unknown> {
  /** As written in connections.yaml under `kind`; also the file's name. */
  readonly kind: string;
  /** One sentence for the docs. */
  readonly summary: string;
  /** Keys of a connection of this kind, beyond those that every connection has. */
  readonly settings: z.ZodType<Settings>;
  readonly source: SourceSide<Settings, SourceOptions>;
  readonly destination: DestinationSide<Settings, DestinationOptions>;
  /** A cheap call that proves reachability and credentials, for `doctor`. Answers one line for people. */
  check(connection: ConnectionOf<Settings>, tools: ConnectorTools, signal: AbortSignal): Promise<string>;
}

export interface SourceSide<Settings, Options> {
  readonly options: z.ZodType<Options>;
  open(connection: ConnectionOf<Settings>, options: Options, tools: ConnectorTools): Source;
}

export interface DestinationSide<Settings, Options> {
  readonly options: z.ZodType<Options>;
  open(connection: ConnectionOf<Settings>, options: Options, tools: ConnectorTools): Destination;
}

/** A connection whose settings have been parsed by the connector's schema. */
export type ConnectionOf<Settings> = Omit<Connection, 'settings'> & { readonly settings: Settings };

/** What the engine lends to a connector. */
export interface ConnectorTools {
  readonly http: HttpClient;
  /** Whatever is not reached over HTTP. */
  readonly open: OpenTransport;
  readonly secret: ReadSecret;
  readonly log: Log;
  /** For a connector that writes files: one writer at a time, on whatever machine. */
  readonly underFileLock: UnderFileLock;
  /** The folder of the project: relative paths of files start here. */
  readonly projectFolder: string;
}

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A source or destination as a sync file names it: which connection, which connector's options. */
export interface Endpoint {
  readonly kind: string;
  readonly connection: string;
  /** As written by the user; parsed by the connector's schema when the project is loaded. */
  readonly options: unknown;
}

export interface DefinedConnector<Settings, SourceOptions, DestinationOptions, SourceInput, DestinationInput> {
  readonly connector: Connector<Settings, SourceOptions, DestinationOptions>;
  /** For sync files: reads from `connection`. */
  source(connection: string, options: SourceInput): Endpoint;
  /** For sync files: writes to `connection`. */
  destination(connection: string, options: DestinationInput): Endpoint;
}

/**
 * Declares a connector; the default export of its file. The answer has the two builders that sync files use,
 * typed from the connector's own schemas.
 */
export function defineConnector<S extends z.ZodType, SO extends z.ZodType, DO extends z.ZodType>(spec: {
  kind: string;
  summary: string;
  settings: S;
  source: { options: SO; open: SourceSide<z.output<S>, z.output<SO>>['open'] };
  destination: { options: DO; open: DestinationSide<z.output<S>, z.output<DO>>['open'] };
  check: Connector<z.output<S>>['check'];
}): DefinedConnector<z.output<S>, z.output<SO>, z.output<DO>, z.input<SO>, z.input<DO>> {
  return {
    connector: spec as unknown as Connector<z.output<S>, z.output<SO>, z.output<DO>>,
    source: (connection, options) => ({ kind: spec.kind, connection, options }),
    destination: (connection, options) => ({ kind: spec.kind, connection, options }),
  };
}
