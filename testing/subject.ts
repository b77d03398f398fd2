import type { Connection } from '../model/connection/connection.ts';
import type { Connector, ConnectorTools } from '../model/connector/connector.ts';
import type { FailureCode } from '../model/failure/failure.ts';
import type { Json, JsonRecord } from '../model/record/json.ts';
import type { Sample } from './samples.ts';

/** A live system with an empty source and an empty destination in it. Every case gets one of its own. */
export interface LiveSystem {
  /** As connections.yaml would give it; `settings` not yet parsed. */
  readonly connection: Connection;
  readonly tools: ConnectorTools;
  /** Options as a sync file would give them. Pages are small: at most 10 records. */
  readonly source: unknown;
  readonly destination: unknown;
  /** Puts samples into the source; one with a known id replaces the earlier. */
  seed(samples: readonly Sample[]): Promise<void>;
  /** Everything that the destination holds, by key. */
  stored(): Promise<ReadonlyMap<string, Json>>;
  /** Makes the system unreachable. */
  takeDown(): Promise<void>;
  /** Releases all that was started; also after `takeDown`. */
  close(): Promise<void>;
}

/** One entry of the suite: what is known of a connector before a system of its kind is started. */
export interface Subject {
  readonly connector: Connector;
  setUp(): Promise<LiveSystem>;
  /** Keys that the schemas must insist on. */
  readonly required: {
    readonly settings: readonly string[];
    readonly source: readonly string[];
    readonly destination: readonly string[];
  };
  /** The code of every call while the system is down. */
  readonly whenDown: FailureCode;
  /** What the source gives for a sample. Default: the sample itself. */
  readonly asRead?: (sample: Sample) => JsonRecord;
  /** What the destination is given for a sample. Default: the sample itself. */
  readonly asRecord?: (sample: Sample) => JsonRecord;
  /** What `stored` and `read` must hold of a written record, at the least. Default: the record. */
  readonly asStored?: (sample: Sample) => JsonRecord;
  /** The value of the version field that `since` is compared with. Default: `updated` of the sample. */
  readonly sinceOf?: (sample: Sample) => string | number;
  /** A record that the destination refuses for itself. */
  readonly badRecord?: () => JsonRecord;
  /** Cases that cannot apply, each with its reason: listed as skipped. */
  readonly cannot?: Partial<Record<CaseName, string>>;
}

/** Cases that not every kind of system can pass. */
export type CaseName = 'incremental' | 'by key' | 'bad record' | 'delete' | 'read back' | 'retry when down';
