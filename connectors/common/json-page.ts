import { type Json, parseExact, SyncFailure } from '../../index.ts';

/** A page body made of rows that are JSON already: one JSON array, one row a line. */
export const jsonPage = (rows: readonly string[]): Buffer => Buffer.from(`[${rows.join(',\n')}]`);

/** The records of such a body. */
export function decodeJsonPage(body: Buffer): readonly Json[] {
  const value = parsed(body.toString('utf8'));
  if (!Array.isArray(value)) throw new SyncFailure('RESPONSE_SHAPE', 'a staged page is not a list of records');
  return value;
}

function parsed(text: string): Json {
  try {
    return parseExact(text);
  } catch {
    throw new SyncFailure('RESPONSE_NOT_JSON', 'a staged page is not JSON');
  }
}
