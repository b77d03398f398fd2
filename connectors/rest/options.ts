import { z } from 'zod';
import { carriable, headerName } from '../../index.ts';

export const path = z.string().regex(/^\/[^\s#]*$/, { error: 'expected a path that begins with /, such as `/orders`' });
/** A JSON pointer (RFC 6901); the empty one is the whole body. */
export const pointer = z.string().regex(/^(\/.*)?$/, { error: 'expected a JSON pointer, such as `/data/items`' });
/** A field by name, or by JSON pointer. */
export const fieldPath = z.string().min(1);
const queryValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);
export const query = z.record(z.string().min(1), queryValue).default({});

export const restSettings = z.strictObject({
  /** Where every path is joined to: `https://api.example.com/v2`. */
  address: z.url({ protocol: /^https?$/ }).refine(hasNothingToHide, {
    error: 'expected an address without user, password, query or fragment',
  }),
  /** Sent with every call, such as an API version. No secrets: those belong under `auth`. */
  headers: z
    .record(headerName, z.string().refine(carriable, 'expected only characters that a header can carry'))
    .default({}),
  /** What `doctor` asks for: a cheap path that needs the credentials. Default: the address itself. */
  probe: path.optional(),
});
export type RestSettings = z.output<typeof restSettings>;

function hasNothingToHide(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { username, password, search, hash } = new URL(text);
  return username + password + search + hash === '';
}

export const KEY = '{key}';

/** How records are asked for by key. */
export const byKey = z.strictObject({
  /** With `{key}` here or in `query`: one call for each key. With `{keys}`: one call for many. */
  path,
  query,
  /** How one key stands in `{keys}`: `sku="{key}"`. */
  each: z.string().includes(KEY).default(KEY),
  /** What stands between the keys in `{keys}`. */
  join: z.string().default(','),
  /** How a quote or backslash in a key is written, where a key stands within quotes in a query. */
  quotes: z.enum(['backslash', 'double']).default('backslash'),
  maxKeys: z.int().min(1).max(10_000).default(100),
  /** Where the list of records lies in the answer. Absent: the answer is the record, and 404 says there is none. */
  records: pointer.optional(),
});
export type ByKeyOptions = z.output<typeof byKey>;

/** Whether a call by key has a place for the key. */
export const namesKey = ({ path: place, query: more }: ByKeyOptions): boolean =>
  [place, ...Object.values(more)].some((text) => /\{keys?\}/.test(text));
