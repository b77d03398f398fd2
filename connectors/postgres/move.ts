import { NOT_OF_A_ROW, rowMessage, type SqlSession } from '../../index.ts';
import type { Column } from './catalog.ts';
import { quoteName, quoteNames, quoteTable } from './names.ts';
import type { PostgresDestinationOptions } from './options.ts';

/** An upsert of the rows that `source` gives: a SELECT, or VALUES. `returning`: what is to be said of each as `parts`. */
export function upsertStatement(
  { table, key }: PostgresDestinationOptions,
  columns: readonly Column[],
  source: string,
  returning?: string,
): string {
  const changes = columns
    .filter(({ name }) => !key.includes(name))
    .map(({ name }) => `${quoteName(name)} = excluded.${quoteName(name)}`);
  // Of a row that is left alone nothing comes back.
  const [first = ''] = key;
  if (changes.length === 0 && returning !== undefined)
    changes.push(`${quoteName(first)} = ${quoteTable(table)}.${quoteName(first)}`);
  return `INSERT INTO ${quoteTable(table)} (${quoteNames(columns.map(({ name }) => name))}) ${source}
    ON CONFLICT (${quoteNames(key)}) DO ${changes.length === 0 ? 'NOTHING' : `UPDATE SET ${changes.join(', ')}`}
    ${returning === undefined ? '' : `RETURNING ${returning} AS parts`}`;
}

/** A staged row that the database refused. `place` counts from 0. */
export interface RefusedRow {
  readonly place: number;
  readonly message: string;
  readonly column?: string;
}

/** A staged row that is in the table, and what it is known by there. */
interface MadeRow {
  readonly place: number;
  readonly parts: string;
}

/**
 * Moves the staged rows one by one, inside the server, and answers those that were refused; all others are in the
 * table, and what they are known by is answered where `returning` says it. Rows that refer to rows of the same request are tried again as long as that lets some of them pass.
 */
export async function moveOneByOne(
  sql: SqlSession,
  options: PostgresDestinationOptions,
  columns: readonly Column[],
  stage: string,
  returning?: string,
): Promise<{ readonly refused: readonly RefusedRow[]; readonly made: readonly MadeRow[] }> {
  const refused = `${stage}_refused`;
  const made = `${stage}_made`;
  await sql.query(`CREATE TEMP TABLE ${made.replace('pg_temp.', '')} (place int, parts text) ON COMMIT DROP`);
  await sql.query(
    `CREATE TEMP TABLE ${refused.replace('pg_temp.', '')} (place int PRIMARY KEY, state text, col text, con text)
     ON COMMIT DROP`,
  );
  const values = columns.map(({ name }) => `syncline_item.${quoteName(name)}`).join(', ');
  const upsert = upsertStatement(options, columns, `VALUES (${values})`, returning);
  const noted =
    returning === undefined
      ? upsert
      : `WITH written AS (${upsert})
           INSERT INTO ${made} SELECT syncline_item."syncline row", parts FROM written`;
  const body = oneByOne(noted, stage, refused);
  await sql.query(`DO ${dollarQuoted(body)}`);
  const rows = await sql.query<{ place: number; state: string; col: string; con: string }>(
    `SELECT place, state, col, con FROM ${refused} ORDER BY place`,
  );
  const refusedRows = rows.map(({ place, state, col, con }) => {
    const column = col === '' ? {} : { column: col };
    return { place, message: rowMessage(state, { ...column, ...(con === '' ? {} : { constraint: con }) }), ...column };
  });
  const madeRows = returning === undefined ? [] : await sql.query<MadeRow>(`SELECT place, parts FROM ${made}`);
  return { refused: refusedRows, made: madeRows };
}

/** A failure that is not of the row ends the whole request. */
const oneByOne = (upsert: string, stage: string, refused: string): string => `
  #variable_conflict use_column
  DECLARE
    syncline_item record; syncline_state text; syncline_col text; syncline_con text;
    syncline_first boolean := true; syncline_passed boolean := true;
  BEGIN
    WHILE syncline_passed LOOP
      syncline_passed := syncline_first;
      FOR syncline_item IN SELECT * FROM ${stage} WHERE syncline_first
          OR "syncline row" IN (SELECT place FROM ${refused} WHERE state = '23503') ORDER BY "syncline row" LOOP
        BEGIN
          ${upsert};
          IF NOT syncline_first THEN
            DELETE FROM ${refused} WHERE place = syncline_item."syncline row";
            syncline_passed := true;
          END IF;
        EXCEPTION WHEN OTHERS THEN
          GET STACKED DIAGNOSTICS syncline_state = RETURNED_SQLSTATE, syncline_col = COLUMN_NAME,
            syncline_con = CONSTRAINT_NAME;
          IF syncline_state ~ '${NOT_OF_A_ROW}' THEN RAISE; END IF;
          INSERT INTO ${refused} VALUES (syncline_item."syncline row", syncline_state, syncline_col, syncline_con)
            ON CONFLICT (place) DO UPDATE SET state = excluded.state, col = excluded.col, con = excluded.con;
        END;
      END LOOP;
      syncline_first := false;
    END LOOP;
  END`;

/** Quotes a text in dollars, with a tag that the text does not hold. */
function dollarQuoted(text: string): string {
  let tag = '$syncline$';
  while (text.includes(tag)) tag = `${tag.slice(0, -1)}_$`;
  return `${tag}${text}${tag}`;
}
