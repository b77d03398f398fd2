import {
  assignExact,
  type Content,
  contentOf,
  isRecord,
  type Json,
  type JsonRecord,
  parseExact,
  SyncFailure,
  type WriteItem,
} from '../../index.ts';
import { keyOf } from '../common/destination-key.ts';
import { isUnstorable, maybeUnstorable } from '../common/storable-text.ts';
import type { Column, Table } from './catalog.ts';
import { copyField } from './copy.ts';
import { EncodedRow, fitting } from './encode.ts';
import type { Rejected } from './markers.ts';
import type { ValueChecks } from './values.ts';

/** A row to write. `items` are the places in the request that it stands for: one, or more when they share a key. */
export interface Row {
  readonly items: readonly number[];
  readonly key: string;
  readonly fields: readonly string[];
  /** The fields in the text format of COPY, in their order, with a tab between them. */
  readonly content: Content;
}

export interface KeyToDelete {
  readonly items: readonly number[];
  readonly key: string;
}

export interface Plan {
  readonly rows: readonly Row[];
  readonly deletes: readonly KeyToDelete[];
  readonly rejected: ReadonlyMap<number, Rejected>;
  /** The destination's key of each item, by place; empty text where there is none. */
  readonly keys: readonly string[];
}

type Step = Row | KeyToDelete;

/**
 * What a request comes to, each key once: a later item replaces fields of an earlier one with the same key, as
 * writing them in order would. Throws SQL_REJECTED for a field that is no column, since that concerns the sync.
 */
export function planRows(items: readonly WriteItem[], table: Table, keyFields: readonly string[]): Plan {
  const steps = new Map<string, Step>();
  const rejected = new Map<number, Rejected>();
  const rowOf = rowMaker(table);
  const fits = fitting(table);
  const isReady = (encoded: WriteItem['encoded']): encoded is EncodedRow =>
    encoded instanceof EncodedRow && fits(encoded);
  const keys = items.map((item, index) => {
    const planned = isReady(item.encoded) ? item.encoded : planItem(item, table, keyFields);
    if ('code' in planned) {
      rejected.set(index, planned);
      return '';
    }
    const { key } = planned;
    const earlier = steps.get(key);
    const places = earlier === undefined ? [index] : [...earlier.items, index];
    if (item.op === 'delete') steps.set(key, { items: places, key });
    else if (earlier !== undefined) steps.set(key, { items: places, ...rowOf(key, mergedRecord(items, places)) });
    else if ('shape' in planned)
      steps.set(key, { items: places, key, fields: planned.shape.fields, content: planned.content });
    else steps.set(key, { items: places, ...rowOf(key, planned.record) });
    return key;
  });
  const all = [...steps.values()];
  const rows = all.filter((step) => 'content' in step);
  return { rows, deletes: all.filter((step) => !('content' in step)), rejected, keys };
}

/** The fields that items of one key write in the end; a delete among them takes away what came before. */
function mergedRecord(items: readonly WriteItem[], places: readonly number[]): JsonRecord {
  let merged: Record<string, Json> = {};
  for (const place of places) {
    const item = items[place];
    const record = item === undefined || item.op === 'delete' ? null : parseExact(item.json);
    if (isRecord(record)) assignExact(merged, record);
    else merged = {};
  }
  return merged;
}

/** Makes rows of records whose fields are all columns of the table. */
function rowMaker(table: Table): (key: string, record: JsonRecord) => Omit<Row, 'items'> {
  const known = new Map<string, { readonly fields: readonly string[]; readonly columns: readonly Column[] }>();
  const layoutOf = (names: readonly string[]) => {
    const fields = names.toSorted();
    return { fields, columns: fields.flatMap((name) => table.columns.get(name) ?? []) };
  };
  return (key, record) => {
    const names = Object.keys(record);
    const signature = names.join('\0');
    const { fields, columns } = known.get(signature) ?? layoutOf(names);
    known.set(signature, { fields, columns });
    const text = columns.map((column) => copyField(record, column)).join('\t');
    return { key, fields, content: contentOf(text) };
  };
}

type Planned = { readonly key: string; readonly record: JsonRecord };

function planItem(item: WriteItem, table: Table, keyFields: readonly string[]): Planned | Rejected {
  if (item.op === 'delete') return { key: item.destinationId ?? item.key, record: {} };
  const record = parseExact(item.json);
  if (!isRecord(record)) return rejection('RECORD_REJECTED', 'the record is not an object');
  const suspicious = maybeUnstorable(item.json);
  for (const name in record) {
    const column = table.columns.get(name);
    if (column === undefined) throw unknownColumn(name);
    const refusal = refused(record[name] ?? null, column, suspicious);
    if (refusal !== undefined) return refusal;
  }
  const key = keyOf(record, keyFields);
  if ('missing' in key)
    return rejection('RECORD_REJECTED', `key column ${key.missing}: the value is missing or not a scalar`, key.missing);
  return { key: key.key, record };
}

/** What can be told without asking the database, so that the common faults do not cost a repeated transaction. */
export function refused(value: Json, column: Column, suspicious: boolean): Rejected | undefined {
  if (value === null)
    return column.required
      ? rejection('RECORD_REJECTED', `column ${column.name}: the value is missing (23502)`, column.name)
      : undefined;
  if (typeof value === 'object' && column.form === 'scalar')
    return rejection('RECORD_REJECTED', `column ${column.name}: a list or object for a plain column`, column.name);
  if (!Array.isArray(value) && (column.form === 'array' || column.form === 'json-array'))
    return rejection('RECORD_REJECTED', `column ${column.name}: no list for a list column`, column.name);
  if (suspicious && isUnstorable(value))
    return rejection('TEXT_NUL', `column ${column.name}: NUL or half of a surrogate pair`, column.name);
  const reason = column.form === 'json' || column.form === 'json-array' ? undefined : misread(value, column.checks);
  return reason === undefined
    ? undefined
    : rejection('RECORD_REJECTED', `column ${column.name}: ${reason}`, column.name);
}

/** Why the column would store another value than was said: the first reason, of a list that of its elements. */
function misread(value: Json, checks: ValueChecks): string | undefined {
  if (Array.isArray(value)) {
    for (const element of value) {
      const reason = misread(element, checks);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }
  if (typeof value === 'string') return checks.text?.(value);
  if (typeof value === 'number') return checks.number?.(String(value));
  return typeof value === 'boolean' ? checks.boolean?.(String(value)) : undefined;
}

export const rejection = (code: Rejected['code'], reason: string, field?: string): Rejected => ({
  state: 'rejected',
  code,
  reason,
  ...(field === undefined ? {} : { field }),
});

const unknownColumn = (name: string): SyncFailure =>
  new SyncFailure('SQL_REJECTED', `the table has no column ${name} that can be written`, { effect: 'none' });

interface FieldGroup {
  readonly fields: readonly string[];
  readonly rows: Row[];
}

/** Rows with the same fields in the same order, in one list each: a field left out is left alone in the table. */
export function byFields(rows: readonly Row[]): readonly FieldGroup[] {
  const groups = new Map<string, FieldGroup>();
  let group: FieldGroup | undefined;
  for (const row of rows) {
    // Nearly always those of the row before.
    if (group === undefined || group.fields !== row.fields) {
      const id = row.fields.join('\0');
      group = groups.get(id) ?? { fields: row.fields, rows: [] };
      groups.set(id, group);
    }
    group.rows.push(row);
  }
  return [...groups.values()];
}
