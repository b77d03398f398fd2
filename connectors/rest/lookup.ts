import { type HttpAnswer, type Json, type KeysRequest, type ReadBack, SyncFailure, valueAt } from '../../index.ts';
import { jsonOf, recordsAt } from './body.ts';
import type { LookupOptions } from './destination-options.ts';
import type { ByKeyOptions } from './options.ts';
import { foldedText, keyText, tagOf } from './outcomes.ts';
import { escapedKey, filledPath } from './template.ts';
import type { RestDestination } from './write.ts';

/**
 * Looks records up by key, one by one or many at once as the options state. Absent keys are left out. Those that the
 * destination takes for one are asked for once, as it knows them, and have one record.
 */
export async function lookUp(
  destination: RestDestination,
  lookup: LookupOptions,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadBack>> {
  const found = new Map<string, ReadBack>();
  const { spellings, folded } = foldedKeys(destination, keys);
  const ask = { lookup, keys: folded, concurrency: destination.options.concurrency, signal };
  await askByKey(destination, ask, (record, group, answer) => {
    const key = keyOf(destination, record, group, lookup);
    if (key === undefined) return;
    const tag = tagOf(destination.options, record, lookup.records === undefined ? answer.headers : {});
    const back = readBack(record, lookup.id ?? destination.options.id, tag);
    for (const spelling of spellings.get(key) ?? []) found.set(spelling, back);
  });
  return found;
}

/** The keys as the destination knows them, each once, and how each was spelt. */
function foldedKeys({ fold }: RestDestination, keys: readonly string[]) {
  const spellings = new Map<string, string[]>();
  for (const key of keys) {
    const same = spellings.get(fold(key));
    if (same === undefined) spellings.set(fold(key), [key]);
    else same.push(key);
  }
  return { spellings, folded: [...spellings.keys()] };
}

/** Calls to a source that asks for records by key, at once. */
const SOURCE_CONCURRENCY = 4;

/** Records of a source by key. Null for a key of several fields: no call has a place for them. */
export async function readByKey(
  source: RestSystem,
  lookup: ByKeyOptions,
  { fields, keys, signal }: KeysRequest,
): Promise<readonly Json[] | null> {
  if (fields.length !== 1) return null;
  const records: Json[] = [];
  const ask = { lookup, keys: keys.flat(), concurrency: SOURCE_CONCURRENCY, signal };
  await askByKey(source, ask, (record) => void records.push(record));
  return records;
}

type RestSystem = Pick<RestDestination, 'connection' | 'settings' | 'http'>;

interface Ask {
  readonly lookup: ByKeyOptions;
  readonly keys: readonly string[];
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** Makes the calls and hands on each record, with the keys that its call asked for. */
async function askByKey(
  system: RestSystem,
  { lookup, keys, concurrency, signal }: Ask,
  take: (record: Json, group: readonly string[], answer: HttpAnswer) => void,
): Promise<void> {
  const inBulk = [lookup.path, ...Object.values(lookup.query)].some((text) => text.includes('{keys}'));
  const groups = groupsOf(keys, inBulk ? lookup.maxKeys : 1);
  await inTurns(groups, concurrency, async (group) => {
    const call = callFor(lookup, group);
    if (call === undefined) return;
    const { headers } = system.settings;
    const answer = await system.http.request({
      method: 'GET',
      route: lookup.path,
      ...call,
      headers,
      keys: group,
      signal,
    });
    for (const record of recordsIn(system, lookup, answer, group)) take(record, group, answer);
  });
}

function groupsOf(keys: readonly string[], size: number): readonly (readonly string[])[] {
  const groups: (readonly string[])[] = [];
  for (let at = 0; at < keys.length; at += size) groups.push(keys.slice(at, at + size));
  return groups;
}

/** Runs `work` for each group, at most `concurrency` at once. The first failure ends it. */
async function inTurns<T>(groups: readonly T[], concurrency: number, work: (group: T) => Promise<void>): Promise<void> {
  const rest = groups[Symbol.iterator]();
  const turns = Array.from({ length: Math.min(concurrency, groups.length) }, async () => {
    for (const group of rest) await work(group);
  });
  await Promise.all(turns);
}

/** Undefined for a key that cannot stand in the path: no record can have been written under it. */
function callFor(
  lookup: ByKeyOptions,
  keys: readonly string[],
): { path: string; query: Record<string, string> } | undefined {
  const [first = ''] = keys;
  const together = keys.map((key) => lookup.each.replaceAll('{key}', () => keyInList(key, lookup))).join(lookup.join);
  const query = Object.entries(lookup.query).map(
    ([name, text]) => [name, inQuery(text, first, together, lookup)] as const,
  );
  const path = filledPath(
    lookup.path.replaceAll('{keys}', () => encodeURIComponent(together)),
    { key: first },
  );
  return path === undefined ? undefined : { path, query: Object.fromEntries(query) };
}

function inQuery(text: string, key: string, keys: string, { quotes }: ByKeyOptions): string {
  if (text === '{key}') return key;
  return text.replaceAll(/\{(keys?)\}/g, (_, name) => (name === 'keys' ? keys : escapedKey(key, quotes)));
}

/** A key that holds the separator would be read as two, and its record taken for absent. */
function keyInList(key: string, { each, join, quotes }: ByKeyOptions): string {
  if (each !== '{key}') return escapedKey(key, quotes);
  if (join !== '' && key.includes(join))
    throw new SyncFailure('REQUEST_REJECTED', `A key holds \`${join}\`, which separates keys in \`lookup\`.`, {
      effect: 'none',
    });
  return key;
}

function recordsIn(
  { connection }: RestSystem,
  lookup: ByKeyOptions,
  answer: HttpAnswer,
  keys: readonly string[],
): readonly Json[] {
  const place = `GET ${lookup.path} of ${connection}`;
  if (answer.status === 404 && lookup.records === undefined) return [];
  if (answer.status >= 300) {
    const code = answer.status === 404 ? 'NOT_FOUND' : 'REQUEST_REJECTED';
    throw new SyncFailure(code, `${place} answered ${answer.status} to ${keys.length} keys.`, { effect: 'none' });
  }
  if (answer.body.length === 0) return [];
  const body = jsonOf(answer, place);
  return lookup.records === undefined ? [body] : recordsAt(body, lookup.records, place);
}

/** Which of the folded keys asked for a record has. A record that was asked for by its path needs no key in it. */
function keyOf(
  { options, fold }: RestDestination,
  record: Json,
  keys: readonly string[],
  lookup: LookupOptions,
): string | undefined {
  if (options.key === undefined || lookup.records === undefined) return keys[0];
  const key = foldedText(fold, valueAt(record, options.key));
  return key !== undefined && keys.includes(key) ? key : undefined;
}

function readBack(record: Json, idPath: string | undefined, tag: string | undefined): ReadBack {
  const id = idPath === undefined ? undefined : keyText(valueAt(record, idPath));
  return { record, ...(id !== undefined && { id }), ...(tag !== undefined && { tag }) };
}
