import { type HttpAnswer, type Json, parseExact, SyncFailure, valueAt } from '../../index.ts';
import { parseInPieces } from '../common/page-json.ts';

/**
 * Parses an answer: UTF-8 with or without a byte order mark, numbers exact. `place` names the call in messages; `list` is
 * where a list of records is expected, which is parsed faster when it is long.
 * Throws RESPONSE_NOT_JSON, with the offset and nothing of the content.
 */
export function parseBody(body: Buffer, place: string, list?: string): Json {
  const inPieces = list === undefined ? undefined : parseInPieces(body, { list });
  if (inPieces !== undefined) return inPieces;
  const text = textOf(body, place);
  try {
    return parseExact(text);
  } catch (error) {
    throw new SyncFailure('RESPONSE_NOT_JSON', `${place} did not answer JSON (${whereMalformed(text, error)}).`);
  }
}

/** The JSON of an answer in whatever charset it declares. */
export const jsonOf = ({ body, headers }: Pick<HttpAnswer, 'body' | 'headers'>, place: string): Json =>
  parseBody(inUtf8(body, headers['content-type'], place), place);

/** What JSON is made of (RFC 8259): spaces, texts, numbers, names and what stands between them. */
const token = /[\s,:[\]{}]+|"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|\b(?:true|false|null)\b/y;
const unknown = /(?:NaN|-?Infinity|undefined|None|True|False)\b/y;

/** The parser says where only for some errors; what is no part of JSON is found by looking. */
function whereMalformed(text: string, error: unknown): string {
  if (text.trim() === '') return 'it is empty';
  token.lastIndex = 0;
  let end = 0;
  while (token.test(text)) end = token.lastIndex;
  unknown.lastIndex = end;
  const [name] = unknown.exec(text) ?? [];
  if (name !== undefined) return `at character ${end}: ${name} is no JSON`;
  const at = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (at !== undefined) return `at character ${at}`;
  return end < text.length ? `at character ${end}` : 'it ends too early';
}

function textOf(body: Buffer, place: string): string {
  try {
    return utf8.decode(body);
  } catch {
    const what = isGzip(body)
      ? 'bytes that gzip has packed, without the header `Content-Encoding: gzip` that would say so'
      : `bytes that are not UTF-8, from byte ${invalidFrom(body)}`;
    throw new SyncFailure('RESPONSE_NOT_JSON', `${place} answered ${what}.`);
  }
}

/** RFC 1952, 2.3.1. */
const isGzip = (body: Buffer): boolean => body[0] === 0x1f && body[1] === 0x8b;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The offset of the first byte that no UTF-8 text has there: halves the stretch in which it must lie. */
function invalidFrom(body: Buffer): number {
  let valid = 0;
  let invalid = body.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isUtf8Start(body.subarray(0, middle))) valid = middle;
    else invalid = middle;
  }
  return valid;
}

/** Whether the bytes begin a valid text, which may be cut within its last character. */
function isUtf8Start(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/**
 * The body in UTF-8, as it is staged. An answer may declare another charset, which the bytes alone do not show.
 * Throws RESPONSE_NOT_JSON for a charset that is unknown, or that the bytes are not in.
 */
export function inUtf8(body: Buffer, contentType: string | undefined, place: string): Buffer {
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase();
  if (charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii') return body;
  try {
    return Buffer.from(new TextDecoder(charset, { fatal: true }).decode(body), 'utf8');
  } catch {
    throw new SyncFailure('RESPONSE_NOT_JSON', `${place} declared a charset that its answer is not in.`);
  }
}

/** The list of records in a parsed answer. Throws RESPONSE_SHAPE when there is none. */
export function recordsAt(body: Json, pointer: string, place: string): readonly Json[] {
  const records = valueAt(body, pointer);
  if (!Array.isArray(records)) {
    const where = pointer === '' ? 'The answer itself' : `What lies at \`${pointer}\``;
    throw new SyncFailure('RESPONSE_SHAPE', `${where} of ${place} is no list of records, but ${kindOf(records)}.`);
  }
  return records;
}

export const kindOf = (value: Json | undefined): string => {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
};
