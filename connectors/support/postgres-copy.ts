import type { Json } from '../../model/json.ts';
import type { Column } from './postgres-catalog.ts';

const CHUNK_CHARACTERS = 64 * 1024;

/**
 * Rows in the text format of COPY (PostgreSQL manual, COPY, "Text Format"), in chunks; with a counter first where it
 * is given a number to begin with.
 */
export function* copyChunks(rows: readonly { readonly text: string }[], first?: number): Iterable<Buffer> {
  let chunk = '';
  let number = first;
  for (const { text } of rows) {
    chunk += number === undefined ? `${text}\n` : `${number++}\t${text}\n`;
    if (chunk.length > CHUNK_CHARACTERS) {
      yield Buffer.from(chunk);
      chunk = '';
    }
  }
  if (chunk !== '') yield Buffer.from(chunk);
}

const special = /[\\\t\n\r]/;
const allSpecial = /[\\\t\n\r]/g;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

export const escaped = (text: string): string =>
  special.test(text) ? text.replace(allSpecial, (character) => escapes[character] ?? character) : text;

/** One field in that format, as its column takes it. */
export const copyField = (value: Json, column: Column): string =>
  value === null ? '\\N' : escaped(columnText(value, column));

function columnText(value: Json, column: Column): string {
  if (column.form === 'json') return JSON.stringify(value);
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return arrayLiteral(value, column.form === 'json-array');
  return String(value);
}

/** An array literal (PostgreSQL manual, 8.15.2): `{"a","b",NULL}`. */
function arrayLiteral(values: readonly Json[], ofJson: boolean): string {
  return `{${values.map((value) => arrayElement(value, ofJson)).join(',')}}`;
}

function arrayElement(value: Json, ofJson: boolean): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value) && !ofJson) return arrayLiteral(value, ofJson);
  const text = ofJson || typeof value === 'object' ? JSON.stringify(value) : String(value);
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
