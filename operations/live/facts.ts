import type { FailureCode } from '../../model/failure/failure.ts';
import type { Heard } from '../../platform/outbound/limits/announced.ts';

/** Why something did not work. */
export interface LiveProblem {
  readonly code: FailureCode;
  readonly message: string;
  readonly todo: string;
}

/** What a connection showed when it was called. */
export interface LiveConnection {
  readonly name: string;
  readonly kind: string;
  /** What the connector says of it; null when the call failed. */
  readonly says: string | null;
  readonly problem: LiveProblem | null;
  /** Of the call over HTTP; null for other kinds of system. */
  readonly status: number | null;
  readonly ms: number;
  /** `accepted`, `refused`; `untested`: what was asked for needs no credentials; `none`: the connection has none. */
  readonly login: 'accepted' | 'refused' | 'untested' | 'none';
  /** The rights of the credentials, as far as the answer tells; null when it does not. */
  readonly scopes: string | null;
  readonly limits: readonly Heard[];
  /** Of a call over TLS. `validTo` is ISO 8601; `daysLeft` whole days, negative once it has expired. */
  readonly certificate: { readonly validTo: string; readonly daysLeft: number } | null;
  /** How far the clock of the system is ahead of ours, in milliseconds; null when it does not tell. */
  readonly skewMs: number | null;
}

/** What became of the first page of a sync, of which nothing was written. */
export interface LiveSync {
  readonly name: string;
  readonly problem: LiveProblem | null;
  readonly records: number;
  /** Would be delivered. */
  readonly ready: number;
  readonly filtered: number;
  readonly rejected: number;
  /** Why, the most frequent first. */
  readonly reasons: readonly {
    readonly code: string;
    readonly field: string | null;
    readonly reason: string;
    readonly records: number;
  }[];
  /** Fields that the source schema does not have. */
  readonly newFields: readonly string[];
}

export interface Live {
  readonly connections: readonly LiveConnection[];
  readonly syncs: readonly LiveSync[];
}
