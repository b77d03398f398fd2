import { type SqlSession, SyncFailure } from '../../index.ts';
import { quoteName, quoteNames, quoteTable } from './names.ts';
import type { PostgresDestinationOptions } from './options.ts';
import { partsOfColumn, partsQuery, type SqlType, typeOf } from './types.ts';
import { type UsualForm, usualForm } from './usual.ts';
import { type ValueChecks, valueChecks } from './values.ts';

/** How a JSON value is written into a column. */
export type ColumnForm = 'scalar' | 'json' | 'array' | 'json-array';

export interface Column {
  readonly name: string;
  /** As PostgreSQL writes it, such as `numeric(12,2)`. */
  readonly type: string;
  readonly form: ColumnForm;
  /** Of its values, or of the elements of its lists. */
  readonly checks: ValueChecks;
  /** Of which the checks need not be asked. */
  readonly usual: UsualForm | undefined;
  readonly required: boolean;
}

export interface Table {
  readonly columns: ReadonlyMap<string, Column>;
  /** Whether the marker tables are there. */
  readonly markers: boolean;
  /** A trigger sees each row before it is written, and may give it another key. */
  readonly respells: boolean;
}

/** Of pg_trigger.tgtype: for each row, before, on INSERT. */
const BEFORE_EACH_INSERT = 1 | 2 | 4;

const catalogQuery = `
  ${partsQuery}
  SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
    ${partsOfColumn} AS parts,
    EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = to_regclass($1) AND g.tgenabled <> 'D' AND NOT g.tgisinternal
      AND g.tgtype & ${BEFORE_EACH_INSERT} = ${BEFORE_EACH_INSERT}) AS respells,
    to_regclass($2) IS NOT NULL AND to_regclass($3) IS NOT NULL AS markers
  FROM pg_attribute a
  WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  ORDER BY a.attnum`;

function formOf(type: SqlType): ColumnForm {
  if (type.kind === 'list') return formOf(type.part) === 'json' ? 'json-array' : 'array';
  return type.kind === 'plain' && (type.name === 'json' || type.name === 'jsonb') ? 'json' : 'scalar';
}

export const markerTable = (schema: string): string => `${quoteName(schema)}.syncline_marker`;
export const fenceTable = (schema: string): string => `${quoteName(schema)}.syncline_fence`;

/** The columns of the destination that can be written. Undefined when the table does not exist. */
export async function readTable(sql: SqlSession, options: PostgresDestinationOptions): Promise<Table | undefined> {
  const rows = await sql.query<CatalogRow>(catalogQuery, [
    quoteTable(options.table),
    markerTable(options.markerSchema),
    fenceTable(options.markerSchema),
  ]);
  if (rows.length === 0) return undefined;
  return {
    columns: new Map(rows.map((row) => [row.name, columnOf(row)])),
    markers: rows[0]?.markers ?? false,
    respells: rows[0]?.respells ?? false,
  };
}

type CatalogRow = Pick<Column, 'name' | 'type' | 'required'> &
  Pick<Table, 'markers' | 'respells'> & { readonly parts: string };

function columnOf({ name, type, required, parts }: CatalogRow): Column {
  const made = typeOf(parts);
  return { name, type, required, form: formOf(made), checks: valueChecks(made), usual: usualForm(made) };
}

/** The table ready to be written: what is missing is created, when `columns` says how. */
export async function preparedTable(sql: SqlSession, options: PostgresDestinationOptions): Promise<Table> {
  const table = await readTable(sql, options);
  if (table?.markers) return table;
  await createMissing(sql, options, table === undefined);
  const created = await readTable(sql, options);
  if (created === undefined) throw missingTable(options);
  return created;
}

async function createMissing(sql: SqlSession, options: PostgresDestinationOptions, table: boolean): Promise<void> {
  // Two writers that create the same table at once fail in the catalog, whatever IF NOT EXISTS says.
  await sql.query(`SELECT pg_advisory_xact_lock(hashtext('syncline destination tables'))`);
  // A session learns what others created when it first locks a table, and waiting for an advisory lock is not that:
  // without this, it would still believe that the schema is missing.
  await sql.query('SELECT FROM pg_namespace LIMIT 1');
  await sql.query(markerStatements(options.markerSchema));
  if (!table) return;
  if (options.columns === undefined) throw missingTable(options);
  const columns = Object.entries(options.columns).map(([name, type]) => `${quoteName(name)} ${type}`);
  await sql.query(
    `CREATE TABLE IF NOT EXISTS ${quoteTable(options.table)} (${columns.join(', ')}, PRIMARY KEY (${quoteNames(options.key)}))`,
  );
}

const markerStatements = (schema: string): string => `
  CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)};
  CREATE TABLE IF NOT EXISTS ${markerTable(schema)} (
    request_id text PRIMARY KEY, sync text NOT NULL, fence bigint NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(), rejected json);
  CREATE INDEX IF NOT EXISTS syncline_marker_age ON ${markerTable(schema)} (sync, applied_at);
  CREATE TABLE IF NOT EXISTS ${fenceTable(schema)} (sync text PRIMARY KEY, number bigint NOT NULL)`;

const missingTable = (options: PostgresDestinationOptions): SyncFailure =>
  new SyncFailure(
    'SQL_REJECTED',
    `table ${options.table} does not exist; create it, or give \`columns\` in the sync file to have it created`,
    { effect: 'none' },
  );
