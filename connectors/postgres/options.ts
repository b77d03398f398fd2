import { z } from 'zod';
import { secretRef } from '../../index.ts';
import { isTableName } from './names.ts';

const address = z
  .string()
  .refine((text) => URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol), {
    error: 'expected postgresql://user@host:5432/database',
  })
  .refine((text) => !URL.canParse(text) || new URL(text).password === '', {
    error: 'expected no password in the address; give `password` as a reference, such as { env: DB_PASSWORD }',
  });

export const postgresSettings = z.strictObject({
  /** `postgresql://user@host:5432/database`, without a password. */
  url: address,
  password: secretRef.optional(),
  /**
   * `verify-full` checks the server's certificate, `require` only encrypts, `disable` uses no TLS.
   * Default: `disable` on the same machine, `verify-full` elsewhere.
   */
  ssl: z.enum(['disable', 'require', 'verify-full']).optional(),
});
export type PostgresSettings = z.output<typeof postgresSettings>;

const table = z.string().refine(isTableName, { error: 'expected a table, such as `orders` or `sales.orders`' });

const oneOrMore = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1).max(16)])
  .transform((names): readonly string[] => (typeof names === 'string' ? [names] : names));

export const postgresSourceOptions = z
  .strictObject({
    /** The table to read; or `query`. */
    table: table.optional(),
    /** A SELECT whose rows are the records; for joins and filters. */
    query: z.string().min(1).optional(),
    /** Column or columns that identify a row: unique and, for speed, indexed. */
    key: oneOrMore,
    /** A column that rises with each change of the row. Needed for incremental reads. */
    version: z.string().min(1).optional(),
    /** States that the version column holds numbers that count these since 1970. */
    epoch: z.enum(['seconds', 'ms']).optional(),
    /** Columns to read. Default: all. */
    columns: z.array(z.string().min(1)).min(1).optional(),
    /** Rows of one page. */
    pageRecords: z.int().min(1).max(10_000).default(2_000),
    /** A page ends early at this many bytes; a larger row is a page of its own. */
    pageBytes: z
      .int()
      .min(1)
      .max(64 * 1024 * 1024)
      .default(4 * 1024 * 1024),
  })
  .refine((options) => (options.table === undefined) !== (options.query === undefined), {
    error: 'expected exactly one of `table` and `query`',
  })
  .refine(({ columns, key, version }) => {
    const needed = version === undefined ? key : [...key, version];
    return columns === undefined || needed.every((name) => columns.includes(name));
  }, 'expected `columns` to hold the key and the version column');
export type PostgresSourceOptions = z.output<typeof postgresSourceOptions>;

const columnType = z.string().regex(/^[a-z][a-z0-9_ ]*(\(\d+(, ?\d+)?\))?( with(out)? time zone)?(\[\])*$/i, {
  error: 'expected a type of PostgreSQL, such as `text`, `numeric(12,2)` or `timestamptz`',
});

export const postgresDestinationOptions = z
  .strictObject({
    table,
    /** The field or fields of the destination record that identify a row; the table has a unique index on them. */
    key: oneOrMore,
    /** Field to type. With it the table is created when it does not exist, its key the primary key. */
    columns: z.record(z.string().min(1), columnType).optional(),
    /** Where the markers of finished requests lie, in the same database. */
    markerSchema: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/, { error: 'expected a name of small letters, digits and `_`' })
      .default('syncline_meta'),
    /** Markers are kept at least this long. */
    markerDays: z.int().min(1).max(3650).default(30),
    /**
     * `checksums` notes a sum of each row beside the markers, so that `syncline reconcile` compares a table of any size
     * without reading it. Costs one more row in the database for each record.
     */
    verify: z.enum(['checksums']).optional(),
  })
  .refine(({ columns, key }) => columns === undefined || key.every((name) => Object.hasOwn(columns, name)), {
    error: 'expected `columns` to hold the key',
  });
export type PostgresDestinationOptions = z.output<typeof postgresDestinationOptions>;
