import {
  addendSql,
  type BucketSums,
  type Buckets,
  bucketSql,
  type Checksums,
  contentHash,
  type NotedRecord,
  type SqlPool,
  type SqlSession,
  type Strangers,
  type WriteItem,
} from '../../index.ts';
import { readTable, type Table } from './catalog.ts';
import { keyArrays, keyMatch } from './keys.ts';
import type { Rejected } from './markers.ts';
import { quoteName, quoteTable } from './names.ts';
import type { PostgresDestinationOptions } from './options.ts';
import { byFields, type Row } from './rows.ts';

type Options = PostgresDestinationOptions;

const sumTable = ({ markerSchema }: Options): string => `${quoteName(markerSchema)}.syncline_sum`;
const fieldsTable = ({ markerSchema }: Options): string => `${quoteName(markerSchema)}.syncline_sum_fields`;

const createStatements = (options: Options): string => `
  CREATE TABLE IF NOT EXISTS ${fieldsTable(options)} (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, fields text[] NOT NULL UNIQUE);
  CREATE TABLE IF NOT EXISTS ${sumTable(options)} (
    sum uuid NOT NULL, hash uuid NOT NULL, fields int NOT NULL,
    sync text NOT NULL, key text COLLATE "C" NOT NULL, id text NOT NULL, PRIMARY KEY (sync, key))`;

/** The key of a row as `write` answers it (destination-key.ts), in SQL. */
function idSql({ key }: Options, row: string): string {
  const parts = key.map((name) => `${row}.${quoteName(name)}::text`);
  return parts.length === 1
    ? (parts[0] ?? '')
    : `'[' || ${parts.map((p) => `to_json(${p})::text`).join(` || ',' || `)} || ']'`;
}

/** The sum over the stored form of some columns. */
const rowSumSql = (fields: readonly string[], row: string): string =>
  `md5(ROW(${fields.map((name) => `${row}.${quoteName(name)}`).join(', ')})::text)::uuid`;

/** Notes what was sent and how it was stored, in the transaction that writes the rows. */
export async function noteSums(
  sql: SqlSession,
  options: Options,
  sync: string,
  items: readonly WriteItem[],
  plan: { readonly rows: readonly Row[]; readonly deletes: readonly { readonly items: readonly number[] }[] },
  rejected: ReadonlyMap<number, Rejected>,
  table: Table,
): Promise<void> {
  if (!(await hasSums(sql, options))) {
    await sql.query(`SELECT pg_advisory_xact_lock(hashtext('syncline destination tables'))`);
    await sql.query(createStatements(options));
  }
  for (const group of byFields(plan.rows)) {
    const notes = group.rows.flatMap((row) =>
      row.items.flatMap((place) => {
        const item = items[place];
        return item === undefined || rejected.has(place) ? [] : [{ row, item }];
      }),
    );
    if (notes.length === 0) continue;
    const names = group.fields.toSorted();
    const fields = await fieldsId(sql, options, names);
    const arrays = keyArrays(
      notes.map(({ row }) => row.key),
      options.key.length,
    );
    const n = options.key.length;
    await sql.query(
      `INSERT INTO ${sumTable(options)} AS s (sum, hash, fields, sync, key, id)
       SELECT ${rowSumSql(names, 't')}, k.hash, $${n + 1}, $${n + 2}, k.key, ${idSql(options, 't')}
       FROM (SELECT ${typedParts(options, table)}, key, hash
         FROM unnest(${options.key.map((_, i) => `$${i + 1}::text[]`).join(', ')}, $${n + 3}::text[], $${n + 4}::uuid[])
         AS u(${options.key.map((_, i) => `p${i}`).join(', ')}, key, hash)) AS k
       JOIN ${quoteTable(options.table)} AS t ON ${keyMatch(options)}
       ON CONFLICT (sync, key) DO UPDATE SET sum = excluded.sum, hash = excluded.hash, fields = excluded.fields, id = excluded.id`,
      [...arrays, fields, sync, notes.map(({ item }) => item.key), notes.map(({ item }) => contentHash(item.json))],
    );
  }
  const deleted = plan.deletes.flatMap((step) =>
    step.items.flatMap((place) => (rejected.has(place) ? [] : (items[place]?.key ?? []))),
  );
  if (deleted.length > 0)
    await sql.query(`DELETE FROM ${sumTable(options)} WHERE sync = $1 AND key = ANY ($2::text[])`, [sync, deleted]);
}

const typedParts = (options: Options, table: Table): string =>
  options.key.map((name, index) => `p${index}::${table.columns.get(name)?.type ?? 'text'} AS p${index}`).join(', ');

async function hasSums(sql: Pick<SqlSession, 'query'>, options: Options): Promise<boolean> {
  const [row] = await sql.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [sumTable(options)]);
  return row?.there ?? false;
}

async function fieldsId(sql: SqlSession, options: Options, fields: readonly string[]): Promise<number> {
  const find = () =>
    sql.query<{ id: number }>(`SELECT id FROM ${fieldsTable(options)} WHERE fields = $1::text[]`, [fields]);
  const [known] = await find();
  if (known) return known.id;
  await sql.query(`INSERT INTO ${fieldsTable(options)} (fields) VALUES ($1::text[]) ON CONFLICT DO NOTHING`, [fields]);
  return (await find())[0]?.id ?? 0;
}

/** The other side of `noteSums`: what is still as it was written. */
export function postgresChecksums(database: () => Promise<SqlPool>, options: Options): Checksums {
  const withSums = async <T>(empty: T, signal: AbortSignal, work: (sql: SqlSession) => Promise<T>): Promise<T> =>
    (await database()).transaction(async (sql) => {
      signal.throwIfAborted();
      const there = (await hasSums(sql, options)) && (await readTable(sql, options)) !== undefined;
      return there ? work(sql) : empty;
    });
  return {
    sums: (sync, buckets, within, signal) =>
      withSums<BucketSums>(new Map(), signal, (sql) => sumsOf(sql, options, sync, { buckets, within })),
    records: (sync, buckets, of, signal) =>
      withSums<readonly NotedRecord[]>([], signal, (sql) => recordsIn(sql, options, sync, buckets, of)),
    strangers: (sync, samples, signal) =>
      withSums<Strangers>({ records: 0, ids: [] }, signal, (sql) => strangersOf(sql, options, sync, samples)),
  };
}

/** Rows can have been written with different fields; each is compared by those it was written with. */
async function currentSum(sql: SqlSession, options: Options, sync: string): Promise<string | undefined> {
  const sets = await sql.query<{ id: number; fields: string }>(
    `SELECT f.id, to_json(f.fields)::text AS fields FROM ${fieldsTable(options)} f
     WHERE EXISTS (SELECT FROM ${sumTable(options)} s WHERE s.sync = $1 AND s.fields = f.id)`,
    [sync],
  );
  const table = await readTable(sql, options);
  const cases = sets.map(({ id, fields }) => {
    const names: readonly string[] = JSON.parse(fields);
    const all = names.every((name) => table?.columns.has(name));
    return `WHEN ${Number(id)} THEN ${all ? rowSumSql(names, 't') : 'NULL'}`;
  });
  return cases.length === 0 ? undefined : `CASE s.fields ${cases.join(' ')} END`;
}

async function sumsOf(
  sql: SqlSession,
  options: Options,
  sync: string,
  { buckets, within }: { readonly buckets: number; readonly within: Buckets | null },
): Promise<BucketSums> {
  const current = await currentSum(sql, options, sync);
  if (current === undefined) return new Map();
  const rows = await sql.query<{ bucket: number; records: string; sum: string }>(
    `SELECT ${bucketSql('s.key', buckets)} AS bucket, count(*)::text AS records,
       sum(${addendSql('s.key', 's.hash::text')})::text AS sum
     FROM ${sumTable(options)} AS s JOIN ${quoteTable(options.table)} AS t ON ${idSql(options, 't')} = s.id
     WHERE s.sync = $1 AND s.sum = ${current}
       AND ($2::int[] IS NULL OR ${bucketSql('s.key', within?.buckets ?? 1)} = ANY ($2)) GROUP BY 1`,
    [sync, within?.of ?? null],
  );
  return new Map(rows.map(({ bucket, records, sum }) => [bucket, { records: Number(records), sum }]));
}

async function recordsIn(
  sql: SqlSession,
  options: Options,
  sync: string,
  buckets: number,
  of: readonly number[],
): Promise<readonly NotedRecord[]> {
  const current = await currentSum(sql, options, sync);
  if (current === undefined) return [];
  const rows = await sql.query<NotedRecord>(
    `SELECT s.key, s.id, replace(s.hash::text, '-', '') AS hash,
       CASE WHEN t."syncline id" IS NULL THEN 'gone' WHEN s.sum = ${current} THEN 'same' ELSE 'changed' END AS state
     FROM ${sumTable(options)} AS s
     LEFT JOIN (SELECT t.*, ${idSql(options, 't')} AS "syncline id" FROM ${quoteTable(options.table)} AS t) AS t
       ON t."syncline id" = s.id
     WHERE s.sync = $1 AND ${bucketSql('s.key', buckets)} = ANY ($2::int[])`,
    [sync, of],
  );
  return rows;
}

async function strangersOf(sql: SqlSession, options: Options, sync: string, samples: number): Promise<Strangers> {
  const [row] = await sql.query<{ records: string; ids: string | null }>(
    `SELECT count(*)::text AS records, to_json((array_agg(id ORDER BY id))[1:$2::int])::text AS ids
     FROM (SELECT ${idSql(options, 't')} AS id FROM ${quoteTable(options.table)} AS t) AS t
     WHERE NOT EXISTS (SELECT FROM ${sumTable(options)} AS s WHERE s.sync = $1 AND s.id = t.id)`,
    [sync, samples],
  );
  return { records: Number(row?.records ?? 0), ids: row?.ids == null ? [] : JSON.parse(row.ids) };
}
