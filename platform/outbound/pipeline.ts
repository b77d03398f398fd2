import type { CallTiming, CallUse } from '../../model/connection/call.ts';
import type { HttpAnswer, HttpCall } from '../../model/connector/connector.ts';

/** A call on its way out: the address is complete, the credentials are not yet in it. */
export interface Outgoing {
  readonly method: HttpCall['method'];
  readonly url: URL;
  /** The path as messages show it: without query, without keys of records. */
  readonly route: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly signal: AbortSignal;
  /** Its body and that of its answer are credentials, as those of a login are: never to be kept. */
  readonly confidential?: boolean;
  /** Keys of the records that it carries or asks for. */
  readonly keys?: readonly string[];
  /** For whom the connection is used. */
  readonly use?: CallUse;
  /** Told once, when the exchange has ended, however it did. */
  readonly timed?: (timing: CallTiming) => void;
}

export type Incoming = HttpAnswer;

/** Sends one call and gives its answer, whatever its status. Throws SyncFailure when there is none. */
export type Send = (request: Outgoing) => Promise<Incoming>;

/** Something done around a call, such as pacing it. May send it more than once, or not at all. */
export type Stage = (next: Send) => Send;

/** The first stage is the outermost: it sees a call first and its answer last. */
export const pipeline = (stages: readonly Stage[], send: Send): Send =>
  stages.reduceRight((next, stage) => stage(next), send);

/** How messages name a call: method, host and route, never the query. */
export const placeOf = ({ method, url, route }: Outgoing): string => `${method} ${url.host} ${route}`;
