import { z } from 'zod';
import { encodings } from './encoding.ts';

export const filesSettings = z
  .strictObject({
    /** The folder that all paths start from; itself relative to the project folder, or absolute. */
    folder: z.string().min(1),
    /** The folder may belong to another user, or be open to everyone to write. */
    shared: z.boolean().default(false),
    /** Where links in the folder may lead: to what lies in it, or anywhere. */
    links: z.enum(['inside', 'anywhere']).default('inside'),
  })
  .refine(({ shared, links }) => !shared || links === 'inside', {
    error: 'expected no `links: anywhere` in a shared folder: others could lead them to any file',
    path: ['links'],
  });
export type FilesSettings = z.output<typeof filesSettings>;

const insidePath = z
  .string()
  .min(1)
  .refine((text) => !/^([/\\]|[a-z]:)/i.test(text) && !text.split(/[/\\]/).includes('..'), {
    error: 'expected a path inside the folder of the connection',
  });

const oneCharacter = z.string().length(1);
const format = z.enum(['csv', 'jsonl']);

/** What parts the columns of a CSV file where nothing is stated. */
export const COMMA = ',';
const quote = oneCharacter.default('"');

export const filesSourceOptions = z.strictObject({
  /** A file, or a pattern for its name such as `orders-*.csv`: files are read in the order of their names. */
  path: insidePath,
  format,
  /** Default: a comma; then a file whose columns another character seems to part is refused. */
  delimiter: oneCharacter.optional(),
  quote,
  /** Names of the CSV columns, for files without a header line. Default: the first line names them. */
  columns: z.array(z.string().min(1)).min(1).optional(),
  encoding: z.enum(encodings).default('utf-8'),
  /** Records of one page. */
  pageRecords: z.int().min(1).max(50_000).default(2_000),
  /** A page ends early at about this many bytes. */
  pageBytes: z
    .int()
    .min(1)
    .max(64 * 1024 * 1024)
    .default(4 * 1024 * 1024),
  /** A file must have kept its size and time of change for this long (milliseconds) before it is read. */
  settleMs: z.int().min(0).max(600_000).default(500),
});
export type FilesSourceOptions = z.output<typeof filesSourceOptions>;

export const filesDestinationOptions = z
  .strictObject({
    /** The file to keep: it holds one record for each key. */
    path: insidePath.refine((text) => !/[*?]/.test(text), { error: 'expected one file, not a pattern' }),
    format,
    /** The field or fields of the destination record that identify it. */
    key: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1).max(16)])
      .transform((names): readonly string[] => (typeof names === 'string' ? [names] : names)),
    delimiter: oneCharacter.default(COMMA),
    quote,
    /** The columns of a CSV file, in order. */
    columns: z.array(z.string().min(1)).min(1).optional(),
    /** CSV texts that a spreadsheet would run as a formula (`=`, `+`, `-`, `@` first) get a `'` in front. */
    escapeFormulas: z.boolean().default(false),
  })
  .refine(({ format, columns }) => format !== 'csv' || columns !== undefined, {
    error: 'expected `columns` for a CSV file',
    path: ['columns'],
  })
  .refine(({ columns, key }) => columns === undefined || key.every((name) => columns.includes(name)), {
    error: 'expected `columns` to hold the key',
  })
  .refine(({ columns }) => columns === undefined || new Set(columns).size === columns.length, {
    error: 'expected each of `columns` once',
  });
export type FilesDestinationOptions = z.output<typeof filesDestinationOptions>;
