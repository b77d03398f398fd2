import type { SqlSession } from '../../index.ts';
import type { Column } from './catalog.ts';
import { halving, shownSql } from './keys.ts';
import { quoteName } from './names.ts';

/**
 * Rows of this one column as JSON text, by the JSON of the value that they were given: PostgreSQL itself says in which
 * form the type stores it. Values that the type does not take are left out.
 */
export async function storedForms(
  sql: SqlSession,
  column: Column,
  values: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { name, type } = column;
  const text = `SELECT x.place::int AS place,
      (SELECT row_to_json(r.*) FROM (SELECT ${shownSql('x.value', column)} AS ${quoteName(name)}) AS r)::text AS record
    FROM ROWS FROM (json_to_recordset($1::json) AS (value ${type})) WITH ORDINALITY AS x(value, place)`;
  const found = new Map<string, string>();
  const step = async (some: readonly string[]): Promise<void> => {
    const given = `[${some.map((json) => `{"value":${json}}`).join(',')}]`;
    const rows = await sql.query<{ place: number; record: string }>(text, [given]);
    for (const { place, record } of rows) found.set(some[place - 1] ?? '', record);
  };
  await halving(sql, [...new Set(values)], step, new Map());
  return found;
}
