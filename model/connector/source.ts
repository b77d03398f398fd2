import type { Json } from '../record/json.ts';
import type { EpochUnit } from '../record/version.ts';
import type { Notice } from '../sync/notice.ts';

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
  /**
   * Its pages are places in a list, such as page 3 or offset 200: what is deleted or moved while the list is read can hide
   * another record. The engine counts repeated keys, each of which may stand where a hidden record should.
   */
  readonly countedPages?: boolean;
  /** What whole-number versions count since 1970; absent: they only rise, and have no clock. */
  readonly epoch?: EpochUnit;
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
  /** Incremental: only what changed at or after this value of the version field, written as the source writes it; null: everything. */
  readonly since: string | number | null;
  readonly signal: AbortSignal;
  /** The fields that identify a record, each a name or a JSON pointer. */
  readonly key?: readonly string[];
  /**
   * To be told of the body of a page before it is parsed, which takes longer: it is made ready for staging meanwhile. A
   * matter of speed only; a connector may leave it.
   */
  readonly received?: (body: Buffer) => void;
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
  /** The clock of the source when it gave the page, in ms since 1970. Absent: it has none to ask; the ledger's counts. */
  readonly asOfMs?: number;
  /** Where the next page begins; null after the last, and only then. */
  readonly next: Position | null;
  /** What the source found odd since the page before. */
  readonly notices?: readonly Notice[];
  /**
   * The read begins again, since its list shifted. The page has no records, and is not staged; `next` is the start. The
   * engine ends a batch here, so that each reading is made of whole batches.
   */
  readonly readsAgain?: true;
}
