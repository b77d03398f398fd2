import type { WriteItem } from '../../model/connector.ts';
import { SyncFailure } from '../../model/failure.ts';
import { isRecord, type Json, type JsonRecord } from '../../model/json.ts';
import { keyOf } from './destination-key.ts';
import { parseExact } from './exact-json.ts';
import type { Column, Table } from './postgres-catalog.ts';
import type { Rejected } from './postgres-markers.ts';
import { isUnstorable, maybeUnstorable } from './storable-text.ts';

/** A row to write. `items` are the places in the request that it stands for: one, or more when they share a key. */
export interface Row {
  readonly items: readonly number[];
  readonly key: string;
  readonly record: JsonRecord;
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
  const keys = items.map((item, index) => {
    const planned = item.op === 'delete' ? { key: item.destinationId ?? item.key } : planUpsert(item, table, keyFields);
    if ('code' in planned) {
      rejected.set(index, planned);
      return '';
    }
    steps.set(planned.key, merged(steps.get(planned.key), planned, index));
    return planned.key;
  });
  const all = [...steps.values()];
  const rows = all.filter((step) => 'record' in step);
  return { rows, deletes: all.filter((step) => !('record' in step)), rejected, keys };
}

function merged(earlier: Step | undefined, later: { key: string; record?: JsonRecord }, index: number): Step {
  const items = [...(earlier?.items ?? []), index];
  if (later.record === undefined) return { items, key: later.key };
  const base = earlier !== undefined && 'record' in earlier ? earlier.record : {};
  return { items, key: later.key, record: earlier === undefined ? later.record : { ...base, ...later.record } };
}

function planUpsert(
  item: WriteItem,
  table: Table,
  keyFields: readonly string[],
): { key: string; record: JsonRecord } | Rejected {
  const record = item.record ?? parseExact(item.json);
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
function refused(value: Json, column: Column, suspicious: boolean): Rejected | undefined {
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
  return undefined;
}

export const rejection = (code: Rejected['code'], reason: string, field?: string): Rejected => ({
  state: 'rejected',
  code,
  reason,
  ...(field === undefined ? {} : { field }),
});

const unknownColumn = (name: string): SyncFailure =>
  new SyncFailure('SQL_REJECTED', `the table has no column ${name} that can be written`, { effect: 'none' });

/** Rows whose records have the same fields, in one list each: a field left out is left alone in the table. */
export function byFields(rows: readonly Row[]): readonly { fields: readonly string[]; rows: readonly Row[] }[] {
  const groups = new Map<string, { fields: readonly string[]; rows: Row[] }>();
  const bySignature = new Map<string, { fields: readonly string[]; rows: Row[] }>();
  for (const row of rows) {
    const fields = Object.keys(row.record);
    const signature = fields.join('\0');
    const group = bySignature.get(signature) ?? groupOf(groups, fields);
    bySignature.set(signature, group);
    group.rows.push(row);
  }
  return [...groups.values()];
}

function groupOf(
  groups: Map<string, { fields: readonly string[]; rows: Row[] }>,
  fields: readonly string[],
): { fields: readonly string[]; rows: Row[] } {
  const sorted = fields.toSorted();
  const id = sorted.join('\0');
  const group = groups.get(id) ?? { fields: sorted, rows: [] };
  groups.set(id, group);
  return group;
}
