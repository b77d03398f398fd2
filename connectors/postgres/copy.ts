import { type Content, copyText, exactMember, type Json, type JsonRecord } from '../../index.ts';
import type { Column } from './catalog.ts';

/** Large enough that few are sent, small enough to be given back soon. */
const CHUNK_BYTES = 128 * 1024;
/** Of a counter, a tab and the end of the line. */
const MOST_BESIDE = 16;
const NEW_LINE = 10;

/**
 * Rows in the text format of COPY (PostgreSQL manual, COPY, "Text Format"), in chunks; with a counter first where it
 * is given a number to begin with.
 */
export function* copyChunks(rows: readonly { readonly content: Content }[], first?: number): Iterable<Buffer> {
  let chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let at = 0;
  let number = first;
  for (const { content } of rows) {
    const needed = content.length + MOST_BESIDE;
    if (at + needed > chunk.length) {
      if (at > 0) yield chunk.subarray(0, at);
      chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, needed));
      at = 0;
    }
    if (number !== undefined) at += chunk.write(`${number++}\t`, at, 'latin1');
    at = content.copyTo(chunk, at);
    chunk[at++] = NEW_LINE;
  }
  if (at > 0) yield chunk.subarray(0, at);
}

/** One field of a record in that format, as its column takes it. */
export function copyField(record: JsonRecord, column: Column): string {
  const value = record[column.name] ?? null;
  if (value === null) return '\\N';
  return copyText(column.form === 'json' ? exactMember(record, column.name) : columnText(value, column));
}

function columnText(value: Json, column: Column): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return arrayLiteral(value, column.form === 'json-array');
  return String(value);
}

/** An array literal (PostgreSQL manual, 8.15.2): `{"a","b",NULL}`. */
function arrayLiteral(values: readonly Json[], ofJson: boolean): string {
  return `{${values.map((value, index) => arrayElement(value, ofJson ? exactMember(values, String(index)) : null)).join(',')}}`;
}

/** `json` is set where the elements are JSON. */
function arrayElement(value: Json, json: string | null): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value) && json === null) return arrayLiteral(value, false);
  const text = json ?? (typeof value === 'object' ? JSON.stringify(value) : String(value));
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
