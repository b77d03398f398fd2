import { SyncFailure } from '../../model/failure.ts';
import { type Json, valueAt } from '../../model/json.ts';
import { parseExact } from './exact-json.ts';
import { parseInPieces } from './page-json.ts';

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
    const at = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const where = body.length === 0 ? 'it is empty' : at === undefined ? 'it is malformed' : `at character ${at}`;
    throw new SyncFailure('RESPONSE_NOT_JSON', `${place} did not answer JSON (${where}).`);
  }
}

function textOf(body: Buffer, place: string): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new SyncFailure(
      'RESPONSE_NOT_JSON',
      `${place} answered bytes that are not UTF-8, from byte ${invalidFrom(body)}.`,
    );
  }
}

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
