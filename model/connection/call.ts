import { z } from 'zod';
import type { HiddenField } from '../record/field-marks.ts';

/**
 * What the journal keeps of one request of a connection and its answer. What is looked for stands in columns (`Call`);
 * everything that may hold data of a record is sealed (`CallDetail`).
 */
export interface Call {
  readonly id: string;
  /** ISO 8601: when the request left. */
  readonly at: string;
  readonly connection: string;
  /** Null for a call outside of a sync, such as one of `doctor`. */
  readonly sync: string | null;
  readonly run: string | null;
  readonly batch: number | null;
  /** The step of the run, or the command. */
  readonly step: string | null;
  readonly method: string;
  /** The path without query and without keys of records. */
  readonly route: string;
  /** Null when there was no answer. */
  readonly status: number | null;
  /** The failure that the answer, or its absence, was sorted into. */
  readonly code: string | null;
  readonly ms: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Records that the request carried or asked for by key. */
  readonly keys: number;
  /** Bodies were left out because the journal could not keep up. */
  readonly bodiesDropped: boolean;
}

/** Where the time of a call went, in milliseconds. Absent: the phase did not happen, as on a connection kept alive. */
export const callTiming = z.object({
  lookup: z.number().exactOptional(),
  connect: z.number().exactOptional(),
  tls: z.number().exactOptional(),
  /** From the request sent to the first byte of the answer. */
  firstByte: z.number().exactOptional(),
  download: z.number().exactOptional(),
});
export type CallTiming = z.infer<typeof callTiming>;

/** A body as it is kept: redacted, and cut at the limit. */
const callBody = z.object({
  text: z.string(),
  /** Bytes of the whole body. */
  bytes: z.number(),
  cut: z.boolean(),
});
export type CallBody = z.infer<typeof callBody>;

export const callDetail = z.object({
  url: z.string(),
  requestHeaders: z.record(z.string(), z.string()),
  responseHeaders: z.record(z.string(), z.string()),
  timing: callTiming,
  /** Keys of the records that the request carried, some of them. */
  keys: z.array(z.string()),
  /** Null where none was sent, or none is kept. */
  requestBody: callBody.nullable(),
  responseBody: callBody.nullable(),
});
export type CallDetail = z.infer<typeof callDetail>;

/** For whom a connection is used: which sync, and which fields of its records are never journalled. */
export interface CallUse {
  readonly sync: string;
  readonly hidden: readonly HiddenField[];
}

/** How the journal of a connection is kept. */
export const journalSettings = z.strictObject({
  /** `false`: nothing is noted of this connection. */
  enabled: z.boolean().default(true),
  /** `head`: the first 4 KiB of each body, 16 KiB of a call that got an error or no answer; `full`: up to 4 MiB. */
  bodies: z.enum(['none', 'head', 'full']).default('head'),
  /** Days after which an entry is removed. */
  keepDays: z.number().positive().max(3650).default(14),
  /** The oldest entries are removed when those of the connection take more than this, as stored. */
  maxBytes: z
    .int()
    .min(1024 * 1024)
    .default(256 * 1024 * 1024),
});
export type JournalSettings = z.infer<typeof journalSettings>;

const defaultSettings = journalSettings.parse({});

/** The settings of a connection, as stated or by default. */
export const journalOf = ({ journal }: { readonly journal?: JournalSettings }): JournalSettings =>
  journal ?? defaultSettings;
