import { z } from 'zod';
import { failureCode } from '../contracts/failure-code.ts';

/** Why something did not work. `todo` names operations in braces. */
const liveProblem = z.object({ code: failureCode, message: z.string(), todo: z.string() });
export type LiveProblem = z.output<typeof liveProblem>;

/** What an answer said of a limit; see `Heard`. */
const heard = z.object({
  name: z.string(),
  left: z.number(),
  units: z.number().nullable(),
  resetInMs: z.number(),
  windowMs: z.number().exactOptional(),
});

/** What a connection showed when it was called. */
const liveConnection = z.object({
  name: z.string(),
  kind: z.string(),
  /** What the connector says of it; null when the call failed. */
  says: z.string().nullable(),
  problem: liveProblem.nullable(),
  /** Of the call over HTTP; null for other kinds of system. */
  status: z.number().nullable(),
  ms: z.number(),
  /** `accepted`, `refused`; `untested`: what was asked for needs no credentials; `none`: the connection has none. */
  login: z.enum(['accepted', 'refused', 'untested', 'none']),
  /** The rights of the credentials, as far as the answer tells; null when it does not. */
  scopes: z.string().nullable(),
  limits: z.array(heard).readonly(),
  /** Of a call over TLS. `validTo` is ISO 8601; `daysLeft` whole days, negative once it has expired. */
  certificate: z.object({ validTo: z.string(), daysLeft: z.number() }).nullable(),
  /** How far the clock of the system is ahead of ours, in milliseconds; null when it does not tell. */
  skewMs: z.number().nullable(),
});
export type LiveConnection = z.output<typeof liveConnection>;

const reason = z.object({ code: z.string(), field: z.string().nullable(), reason: z.string(), records: z.number() });

/** What became of the first page of a sync, of which nothing was written. */
const liveSync = z.object({
  name: z.string(),
  problem: liveProblem.nullable(),
  records: z.number(),
  /** Would be delivered. */
  ready: z.number(),
  filtered: z.number(),
  rejected: z.number(),
  /** Why, the most frequent first. */
  reasons: z.array(reason).readonly(),
  /** Fields that the source schema does not have. */
  newFields: z.array(z.string()).readonly(),
});
export type LiveSync = z.output<typeof liveSync>;

export const live = z.object({ connections: z.array(liveConnection).readonly(), syncs: z.array(liveSync).readonly() });
export type Live = z.output<typeof live>;
