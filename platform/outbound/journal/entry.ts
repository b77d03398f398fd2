import { promisify } from 'node:util';
import { deflateRaw, deflateRawSync, inflateRaw } from 'node:zlib';
import {
  type CallBody,
  type CallDetail,
  type CallTiming,
  type CallUse,
  callDetail,
} from '../../../model/connection/call.ts';
import type { Connection } from '../../../model/connection/connection.ts';
import type { Keyring } from '../../crypto/keyring.ts';
import type { Redactor } from './redact.ts';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** The beginning of a body, as it was sent or received. */
export interface BodyHead {
  readonly head: Buffer;
  readonly bytes: number;
}

/** What was seen of a call, before anything is removed from it. Lives in memory only. */
export interface SeenCall {
  readonly atMs: number;
  readonly connection: Connection;
  readonly use: CallUse | null;
  readonly run: string | null;
  readonly batch: number | null;
  readonly step: string | null;
  readonly method: string;
  readonly route: string;
  readonly url: URL;
  readonly keys: readonly string[];
  readonly status: number | null;
  readonly code: string | null;
  readonly ms: number;
  readonly timing: CallTiming;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly requestBody: BodyHead | null;
  readonly responseBody: BodyHead | null;
}

/** Keys that an entry shows; all of them can be searched for. */
const SHOWN_KEYS = 100;

/** What an envelope of the journal is sealed for. */
const PURPOSE = 'journal';

/** The part of an entry that may hold data of records: redacted, compressed, sealed. */
export async function sealDetail(seen: SeenCall, redact: Redactor, keys: Keyring): Promise<Buffer> {
  const detail: CallDetail = {
    url: redact.url(seen.url),
    requestHeaders: redact.headers(seen.requestHeaders),
    responseHeaders: redact.headers(seen.responseHeaders),
    timing: seen.timing,
    keys: seen.keys.slice(0, SHOWN_KEYS),
    requestBody: bodyOf(seen.requestBody, seen.requestHeaders['content-type'], redact),
    responseBody: bodyOf(seen.responseBody, seen.responseHeaders['content-type'], redact),
  };
  const text = JSON.stringify(detail);
  const compressed = text.length <= AT_ONCE ? deflateRawSync(text, fastest) : await deflate(text, fastest);
  return keys.seal(compressed, PURPOSE);
}

const fastest = { level: 1 };

/** Handing so little to another thread takes this one longer than compressing it. */
const AT_ONCE = 64 * 1024;

/** Throws what `Keyring.open` throws. */
export async function openDetail(sealed: Buffer, keys: Keyring): Promise<CallDetail> {
  return callDetail.parse(JSON.parse((await inflate(keys.open(sealed, PURPOSE))).toString('utf8')));
}

function bodyOf(body: BodyHead | null, contentType: string | undefined, redact: Redactor): CallBody | null {
  if (body === null || body.bytes === 0) return null;
  const cut = body.head.length < body.bytes;
  const text = redact.body(body.head.toString('utf8'), contentType, cut);
  return text === null ? null : { text, bytes: body.bytes, cut };
}
