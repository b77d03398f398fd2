import { isRecord, parseExact, type SqlPool, type SqlSession, type WriteItem } from '../../index.ts';
import { keyOf, keyParts, keyText } from '../common/destination-key.ts';
import { preparedTable, type Table } from './catalog.ts';
import { EncodedRow } from './encode.ts';
import { type KeyColumn, keptKeyColumns, readKeyColumns } from './key-columns.ts';
import { halving, keyArrays, keyMatch, keyRelation } from './keys.ts';
import { quoteName, quoteTable } from './names.ts';
import type { PostgresDestinationOptions } from './options.ts';

/**
 * The text that stands for each key as PostgreSQL compares it: `7` for `007` in an integer column, one spelling for all
 * that `citext` or a collation takes for equal. Answers those that are not the key of the sync. Texts that are no value
 * of the column's type are left as they are: they are refused when they are written.
 */
export async function identifyRows(
  sql: SqlPool,
  options: PostgresDestinationOptions,
  items: readonly WriteItem[],
): Promise<ReadonlyMap<number, string>> {
  const columns = await keptKeyColumns(sql, options, () =>
    sql.transaction(async (session) => {
      await preparedTable(session, options);
      return readKeyColumns(session, options);
    }),
  );
  const keys = items.map((item) => destinationKey(item, options.key));
  const folded = columns === undefined ? undefined : await foldedKeys(sql, options, columns, keys);
  const identities = new Map<number, string>();
  for (const [place, item] of items.entries()) {
    const own = keys[place];
    const identity = own === undefined ? undefined : (folded?.get(own) ?? own);
    if (identity !== undefined && identity !== item.key) identities.set(place, identity);
  }
  return identities;
}

function destinationKey({ op, key: own, encoded, json }: WriteItem, fields: readonly string[]): string | undefined {
  if (op === 'delete') return own;
  if (encoded instanceof EncodedRow) return encoded.key;
  const record = parseExact(json);
  const key = isRecord(record) ? keyOf(record, fields) : undefined;
  return key !== undefined && 'key' in key ? key.key : undefined;
}

/** By key: what the database has to be asked of, and answers differently. */
async function foldedKeys(
  sql: SqlPool,
  options: PostgresDestinationOptions,
  columns: readonly KeyColumn[],
  keys: readonly (string | undefined)[],
): Promise<ReadonlyMap<string, string>> {
  const plain = columns.map(plainTexts);
  const isPlain = (key: string): boolean =>
    keyParts(key, columns.length)?.every((part, index) => plain[index]?.(part)) ?? true;
  const odd = [...new Set(keys.flatMap((key) => (key === undefined || isPlain(key) ? [] : [key])))];
  if (odd.length === 0) return new Map();
  return sql.transaction(async (session) => askIdentities(session, options, columns, odd));
}

/** Tells of a text, for a column, whether nothing but the same text is equal to it. */
function plainTexts({ type, length, typmod, isEnum, deterministic }: KeyColumn): (text: string) => boolean {
  if (isEnum) return () => true;
  if (!deterministic) return () => false;
  switch (type) {
    case 'text':
      return () => true;
    case 'varchar':
      // Spaces beyond the length are cut off; a text that is too long without them is refused.
      return (text) => length === null || text.length <= length || text.replace(/ +$/, '').length > length;
    case 'bpchar':
      return (text) => !text.endsWith(' ');
    case 'uuid':
      return (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
    case 'int2':
    case 'int4':
    case 'int8':
      return (text) => /^(0|-?[1-9]\d*)$/.test(text);
    case 'numeric':
      return (text) => typmod < 0 && /^(0|-?[1-9]\d*)$/.test(text);
    case 'date':
      return (text) => /^\d{4}-\d\d-\d\d$/.test(text);
    default:
      return () => false;
  }
}

/** Types of which equal values may be written differently: which text stands for them is the database's to say. */
const oneText: Readonly<Record<string, (value: string) => string>> = {
  citext: (value) => `lower(${value}::text)`,
  numeric: (value) => `trim_scale(${value})::text`,
  // Of two zeros one has a sign.
  float4: (value) => `(${value} + 0)::text`,
  float8: (value) => `(${value} + 0)::text`,
};

/** An expression with one text for all values that are equal to this one, as far as its type alone can tell. */
export const identitySql = ({ type }: KeyColumn, value: string): string => oneText[type]?.(value) ?? `${value}::text`;

const identityTexts = (columns: readonly KeyColumn[], sqlOf: (index: number) => string): string =>
  `ARRAY[${columns.map((column, index) => identitySql(column, sqlOf(index))).join(', ')}]`;

/** The identity of a row that is there, as an expression over its columns; a JSON list. */
export const rowIdentity = (columns: readonly KeyColumn[]): string =>
  `to_json(${identityTexts(columns, (index) => quoteName(columns[index]?.name ?? ''))})::text`;

/**
 * Where the type alone cannot tell, as with a collation of its own, the row that is there gives its spelling, and of equal
 * keys the first does.
 */
async function askIdentities(
  sql: SqlSession,
  options: PostgresDestinationOptions,
  columns: readonly KeyColumn[],
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const table: Table = await preparedTable(sql, options);
  const parts = columns
    .map(({ collation }, index) => `k.p${index}${collation === null ? '' : ` COLLATE ${collation}`}`)
    .join(', ');
  const there = identityTexts(columns, (index) => `t.${quoteName(columns[index]?.name ?? '')}`);
  const text = `SELECT k.place::int AS place, to_json(coalesce(r.parts, first_value(
      ${identityTexts(columns, (index) => `k.p${index}`)}) OVER (PARTITION BY ${parts} ORDER BY k.place)))::text AS parts
    FROM ${keyRelation(options, table)} LEFT JOIN LATERAL (
      SELECT ${there} AS parts FROM ${quoteTable(options.table)} AS t WHERE ${keyMatch(options)} LIMIT 1) AS r ON true`;
  const found = new Map<string, string>();
  const step = async (some: readonly string[]): Promise<void> => {
    const rows = await sql.query<{ place: number; parts: string }>(text, keyArrays(some, columns.length));
    for (const { place, parts: list } of rows) found.set(some[place - 1] ?? '', identityOfParts(list));
  };
  await halving(sql, keys, step, new Map());
  return found;
}

/** The key text of a row whose parts came as a JSON list. */
export const identityOfParts = (list: string): string => keyText(JSON.parse(list));
