import {
  exactJson,
  type ItemOutcome,
  isRecord,
  type Json,
  type JsonRecord,
  parseExact,
  type WriteItem,
} from '../../index.ts';
import { keyOf } from '../common/destination-key.ts';
import { isUnstorable, maybeUnstorable } from '../common/storable-text.ts';
import { csvLine } from './csv.ts';
import type { FilesDestinationOptions } from './options.ts';

/** What a request does to a file: the new text of each key, or null to remove it. */
export interface FileChanges {
  readonly byKey: ReadonlyMap<string, string | null>;
  readonly outcomes: readonly ItemOutcome[];
}

/** Each key once: of two items with one key the later counts. */
export function fileChanges(items: readonly WriteItem[], options: FilesDestinationOptions): FileChanges {
  const byKey = new Map<string, string | null>();
  const outcomes = items.map((item): ItemOutcome => {
    const change = item.op === 'delete' ? { key: item.destinationId ?? item.key, text: null } : lineOf(item, options);
    if ('state' in change) return change;
    byKey.set(change.key, change.text);
    return { state: 'confirmed', id: change.key };
  });
  return { byKey, outcomes };
}

function lineOf({ json }: WriteItem, options: FilesDestinationOptions): { key: string; text: string } | ItemOutcome {
  const record = parseExact(json);
  if (!isRecord(record)) return rejected('RECORD_REJECTED', 'the record is not an object');
  if (maybeUnstorable(json)) {
    const field = Object.keys(record).find((name) => isUnstorable(record[name] ?? null) || isUnstorable(name));
    if (field !== undefined) return rejected('TEXT_NUL', `field ${field}: NUL or half of a surrogate pair`, field);
  }
  const key = keyOf(record, options.key);
  if ('missing' in key)
    return rejected('RECORD_REJECTED', `key field ${key.missing}: the value is missing or not a scalar`, key.missing);
  if (options.format === 'jsonl') return { key: key.key, text: `${oneLine(json, record)}\n` };
  const stranger = Object.keys(record).find((name) => !options.columns?.includes(name));
  if (stranger !== undefined) return rejected('RECORD_REJECTED', `field ${stranger} is not in \`columns\``, stranger);
  return { key: key.key, text: csvLine(csvFields(record, options), options) };
}

/** The text as it was given, so that no digit changes; unless it spans lines. */
const oneLine = (json: string, record: JsonRecord): string => (/[\r\n]/.test(json) ? exactJson(record) : json);

const rejected = (code: 'RECORD_REJECTED' | 'TEXT_NUL', reason: string, field?: string): ItemOutcome => ({
  state: 'rejected',
  code,
  reason,
  ...(field === undefined ? {} : { field }),
});

const csvFields = (record: JsonRecord, { columns = [], escapeFormulas }: FilesDestinationOptions): readonly string[] =>
  columns.map((name) => csvText(record[name] ?? null, escapeFormulas));

/** Null and absent are empty; lists and objects are JSON text. Numbers are never formulas. */
function csvText(value: Json, escapeFormulas: boolean): string {
  if (value === null) return '';
  if (typeof value === 'object') return exactJson(value);
  return escapeFormulas && typeof value === 'string' && formula.test(value) ? `'${value}` : String(value);
}

/** With any `'` before it, so that a text which has one of its own is read back with it. */
const formula = /^'*[=+\-@\t\r]/;
const escapedFormula = /^'(?='*[=+\-@\t\r])/;

/** The text of a CSV field without the `'` that was put in front of a formula. */
export const unescapedField = (field: string, { escapeFormulas }: FilesDestinationOptions): string =>
  escapeFormulas ? field.replace(escapedFormula, '') : field;

/**
 * Whether a record read back says what was written. In a CSV file every value is text, null and absent are empty,
 * and nested values are JSON text.
 */
export function sameInCsv(written: Json, read: Json): boolean {
  if (!isRecord(written) || !isRecord(read)) return false;
  return Object.entries(written).every(([name, value]) => csvText(value, false) === csvText(read[name] ?? null, false));
}
