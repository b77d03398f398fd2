import type { z } from 'zod';
import type { Connection, ReadSecret, TlsRules } from './connection.ts';
import type { DeliveryCapabilities } from './delivery.ts';
import type { FailureCode } from './failure.ts';
import type { Json, JsonRecord } from './json.ts';

/**
 * The contract of a connector: one file per kind of system, which knows that system and nothing else.
 * A connector throws only SyncFailure. It keeps no state between calls, opens no socket by itself and
 * reads neither clock nor environment: what it needs arrives in `ConnectorTools`.
 * test/connectors.test.ts is the definition: its suite runs over every connector.
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
  /** A pool on the database of the connection; closed by the engine. */
  readonly sql: (config: SqlConfig) => SqlPool;
  readonly secret: ReadSecret;
  readonly log: Log;
  /** The folder of the project: relative paths of files start here. */
  readonly projectFolder: string;
}

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Where a read stands: what the connector needs to go on from a page's end. Any JSON; opaque to the engine;
 * kept in the ledger, never in workflow history.
 */
export type Position = Json;

/** What an open source can do, so that the engine can refuse what it cannot. */
export interface SourceCapabilities {
  /** It can ask only for what changed since a watermark. */
  readonly incremental: boolean;
  /** Its last page proves that everything was read, so that a missing record is a deleted one. */
  readonly provesEnd: boolean;
  /** Records arrive in order of their version, so that the watermark may move with each batch. */
  readonly ordered: boolean;
}

export interface Source {
  readonly can: SourceCapabilities;
  /** Reads page after page, from `request.position` (null: from the start) to the end. */
  read(request: ReadRequest): AsyncIterable<Page>;
  /**
   * Reads some records by key, without reading the others; it may answer more than was asked for. Null when it cannot
   * be asked by these fields. Without it the engine looks through the whole source.
   */
  readKeys?(request: KeysRequest): Promise<readonly Json[] | null>;
  /**
   * The records of a staged page body, in order. Pure: the same bytes always give the same records.
   * Throws RESPONSE_NOT_JSON or RESPONSE_SHAPE. A number that a double cannot hold exactly becomes its exact text.
   */
  decode(body: Buffer): readonly Json[];
}

export interface ReadRequest {
  readonly position: Position | null;
  /** Incremental: only what changed at or after this value of the version field; null: everything. */
  readonly since: string | number | null;
  readonly signal: AbortSignal;
}

/** Which records to read. */
export interface KeysRequest {
  /** The fields of the sync's key, each a name or a JSON pointer. */
  readonly fields: readonly string[];
  /** The values of the fields, as text, one list for each record. */
  readonly keys: readonly (readonly string[])[];
  readonly signal: AbortSignal;
}

export interface Page {
  /** What is staged: the answer as received, or the rows as JSON. `decode` turns it back into `records`. */
  readonly body: Buffer;
  readonly records: readonly Json[];
  /** Where the next page begins; null after the last, and only then. */
  readonly next: Position | null;
}

export interface Destination {
  /** From these the delivery class is derived. */
  readonly can: DeliveryCapabilities;
  readonly limits: WriteLimits;
  /**
   * What `write` would have to find out of a record, found out while the record is at hand: it comes back as the item's
   * `encoded`. Pure. Undefined for a record that is better written from its JSON.
   */
  encode?(record: JsonRecord, json: string): object | undefined;
  /** Where in its system it writes, such as a table: two syncs that write to one place are told of each other. */
  readonly place?: string;
  /**
   * Writes the items in order. Answers one outcome for each. Throws SyncFailure when the request failed as a whole;
   * its `effect` says whether something may have been written. BATCH_LIMIT asks for smaller requests.
   */
  write(request: WriteRequest): Promise<readonly ItemOutcome[]>;
  /** T1: which of these request ids have been committed. Also takes the fence, so that an older writer is refused. */
  committed?(requestIds: readonly string[], fence: Fence, signal: AbortSignal): Promise<ReadonlySet<string>>;
  /**
   * Reads records back by key, in the destination's shape. Absent keys are left out.
   * Needed for T4 and for reconciliation; without it a run's `reconciled.checked` is 0.
   */
  read?(keys: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, ReadBack>>;
  /**
   * What `read` takes: `id`, the id that `write` answered (default), or `key`, the key of the sync, where the
   * destination's own ids are not what records are looked up by.
   */
  readonly readsBy?: 'id' | 'key';
  /**
   * Writes are conditional: `read` and the outcome of a write answer a tag, and a write that carries one takes effect
   * only while the destination's record still has it; it is rejected as CONFLICT otherwise.
   */
  readonly tagged?: boolean;
  /**
   * Whether a record read back says the same as the record that was written, in the destination's own terms: it may
   * store `12.5` as `12.50`, or a time in another zone. Pure. Without it they are the same when their JSON is.
   */
  same?(written: Json, read: Json): boolean;
  /** Compares everything without reading everything; absent where the destination cannot. */
  readonly checksums?: Checksums;
}

/**
 * What a destination knows of the records that a sync wrote. With each write it notes the content hash of what was sent
 * and a sum over the row as it was stored, so that a value stored in another form is no difference, and a row that
 * changed later is one. Buckets and their sums are those of model/bucket.ts.
 */
export interface Checksums {
  /**
   * For each bucket the records that are as the sync wrote them: how many, and the sum over keys and content hashes.
   * With `within` only of keys in these coarser buckets.
   */
  sums(sync: string, buckets: number, within: Buckets | null, signal: AbortSignal): Promise<BucketSums>;
  /** Every record that was noted in these buckets. */
  records(sync: string, buckets: number, of: readonly number[], signal: AbortSignal): Promise<readonly NotedRecord[]>;
  /** Rows that this sync did not write: how many, and some of their ids. */
  strangers(sync: string, samples: number, signal: AbortSignal): Promise<Strangers>;
}

/** Some of so many buckets. */
export interface Buckets {
  readonly buckets: number;
  readonly of: readonly number[];
}

/** By bucket; a bucket without records may be left out. */
export type BucketSums = ReadonlyMap<number, { readonly records: number; readonly sum: string }>;

export interface NotedRecord {
  /** The key of the sync. */
  readonly key: string;
  /** The destination's own id. */
  readonly id: string;
  /** The content hash of what was sent. */
  readonly hash: string;
  /** `changed`: it is no longer as it was stored. `gone`: it is no longer there. */
  readonly state: 'same' | 'changed' | 'gone';
}

export interface Strangers {
  readonly records: number;
  readonly ids: readonly string[];
}

export interface ReadBack {
  readonly id?: string;
  readonly record: Json;
  /** Names the version that was read, such as an ETag. */
  readonly tag?: string;
}

export interface WriteLimits {
  /** Records in one request. */
  readonly records: number;
  /** Bytes of JSON in one request. */
  readonly bytes: number;
  /** Requests at once. */
  readonly concurrency: number;
}

export interface WriteRequest {
  /** Stable over every retry of this request: the idempotency key. */
  readonly id: string;
  readonly fence: Fence;
  readonly items: readonly WriteItem[];
  readonly signal: AbortSignal;
}

/** Invariant 7, one writer: a rising number per sync; a destination that can, refuses a lower one. */
export interface Fence {
  readonly sync: string;
  readonly number: number;
}

export interface WriteItem {
  readonly key: string;
  readonly op: 'upsert' | 'delete';
  /** The destination record as JSON text; empty for `delete`. */
  readonly json: string;
  /** What `encode` of this destination gave for the record. Absent for one that was read back from the ledger. */
  readonly encoded?: object | undefined;
  /** The destination's own id of the record, when it is known. */
  readonly destinationId: string | null;
  /** The record was there when it was last written or read. */
  readonly exists?: boolean;
  /** The version that it had then, for a destination that is `tagged`. */
  readonly tag?: string | null;
}

export type ItemOutcome =
  | { readonly state: 'confirmed'; readonly id?: string; readonly tag?: string }
  | { readonly state: 'rejected'; readonly code: FailureCode; readonly reason: string; readonly field?: string }
  | { readonly state: 'unknown' };

export interface HttpClient {
  /**
   * One call. Address, authentication, limits, time-outs, size limits and error sorting are the door's business.
   * Resolves for 2xx, and for 400, 404, 409, 412, 413 and 422, whose meaning the connector knows; every other
   * answer is thrown as SyncFailure. Never retries: Temporal does.
   */
  request(call: HttpCall): Promise<HttpAnswer>;
}

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  /** Joined to the address of the connection; or a whole URL on the same host (a next link). */
  readonly path: string;
  /** The path as messages show it, such as `/orders/{key}`. Default: `path` without its query. */
  readonly route?: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Keys of the records that it carries or asks for: the journal finds the call by them. */
  readonly keys?: readonly string[];
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface SqlConfig {
  readonly tls?: TlsRules;
  /** `postgresql://user@host:5432/database`, without a password. */
  readonly url: string;
  readonly password?: string;
  readonly timeoutMs: number;
}

export interface SqlPool {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Runs `work` in one transaction on one connection: committed when it resolves, rolled back when it throws. */
  transaction<T>(work: (sql: SqlSession) => Promise<T>): Promise<T>;
}

export interface SqlSession {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** `COPY … FROM STDIN`: writes the chunks to the server. */
  copyIn(text: string, chunks: Iterable<string | Buffer>): Promise<void>;
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
