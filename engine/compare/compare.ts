import type { BucketSums, Buckets, Checksums } from '../../model/connector/connector.ts';
import { bucketsFor, FINER, FINEST } from '../../model/sync/bucket.ts';
import type { EndpointWorld, LoadedSync } from '../../model/sync/project.ts';
import type { Extra } from '../../platform/ledger/deletes/extras.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import type { DeliveredRecord } from '../../platform/ledger/records/compare.ts';
import { type ReadResult, readAndCompare } from './read-and-compare.ts';
import type { CompareOptions, Whole } from './whole.ts';

/** Everything that the ledger says was delivered, compared with what the destination has. */
export interface Comparison {
  readonly sync: string;
  /** `checksums`: only buckets that differ were looked into; `reading`: each record was read; `nothing`: it cannot be read. */
  readonly by: 'checksums' | 'reading' | 'nothing';
  readonly checked: number;
  readonly missing: readonly DeliveredRecord[];
  readonly different: readonly DeliveredRecord[];
  readonly extra: number;
  /** Some of them. */
  readonly extras: readonly Extra[];
  /** What came from the destination: sums, keys with their hash, and whole records. */
  readonly transferred: { readonly sums: number; readonly keys: number; readonly records: number };
}

export interface ComparePaths {
  readonly world: EndpointWorld;
  readonly ledger: { readonly plans: Pick<Ledger['plans'], 'standing'>; readonly compare: Ledger['compare'] };
}

/** Compares the whole of a sync. Reads only. */
export async function compareSync(
  { world, ledger }: ComparePaths,
  loaded: LoadedSync,
  options: CompareOptions,
): Promise<Comparison> {
  const { syncId } = await ledger.plans.standing(loaded.name);
  const of = await ledger.compare.delivered(syncId);
  const destination = loaded.openDestination(world);
  const whole = { world, loaded, destination, compare: ledger.compare, syncId, of, ...options };
  if (destination.checksums !== undefined) return compareSums(whole, destination.checksums);
  const empty = { missing: [], different: [], extra: 0, extras: [] };
  if (destination.read === undefined)
    return { sync: loaded.name, by: 'nothing', checked: 0, ...empty, transferred: { sums: 0, keys: 0, records: 0 } };
  const read = await readAndCompare(whole, pagesOf(whole));
  const { checked, missing, different } = read;
  return {
    ...empty,
    sync: loaded.name,
    by: 'reading',
    checked,
    missing,
    different,
    transferred: { sums: 0, keys: 0, records: read.records },
  };
}

/** Records read from the ledger, and looked up in the destination, at once. */
const PAGE_RECORDS = 5_000;

async function* pagesOf({ compare, syncId }: Whole): AsyncIterable<readonly DeliveredRecord[]> {
  for (let after: string | null = null; ; ) {
    const page: readonly DeliveredRecord[] = await compare.page(syncId, after, PAGE_RECORDS);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.key;
  }
}

/** Buckets of which the keys are fetched at once. */
const BUCKETS_AT_ONCE = 256;
const EXTRAS_NAMED = 20;

async function compareSums(whole: Whole, checksums: Checksums): Promise<Comparison> {
  const { compare, syncId, loaded, signal } = whole;
  const { buckets, suspicious, sums } = await drillDown(whole, checksums);
  const missing: DeliveredRecord[] = [];
  const different: DeliveredRecord[] = [];
  const unnoted: DeliveredRecord[] = [];
  const forgotten: Extra[] = [];
  let keys = 0;
  for (let start = 0; start < suspicious.length; start += BUCKETS_AT_ONCE) {
    signal.throwIfAborted();
    const some = suspicious.slice(start, start + BUCKETS_AT_ONCE);
    const delivered = await compare.inBuckets(syncId, buckets, some);
    const noted = new Map(
      (await checksums.records(loaded.name, buckets, some, signal)).map((record) => [record.key, record]),
    );
    keys += noted.size;
    for (const record of delivered) {
      const found = noted.get(record.key);
      noted.delete(record.key);
      if (found === undefined) unnoted.push(record);
      else if (found.state === 'gone') missing.push(record);
      else if (found.state === 'changed' || found.hash !== record.hash) different.push(record);
    }
    for (const { key, id, state } of noted.values()) if (state !== 'gone') forgotten.push({ key, id });
    whole.tell({ checked: whole.of - (suspicious.length - start - some.length), of: whole.of });
  }
  const read = await readUnnoted(whole, unnoted);
  // A row that was delivered before its sums were noted is a stranger to them.
  const lost = new Set(read.missing);
  const known = new Set(unnoted.filter((one) => !lost.has(one)).map((one) => one.destinationId ?? one.key));
  const named = whole.extras ?? EXTRAS_NAMED;
  const strangers = await checksums.strangers(loaded.name, named + known.size, signal);
  const unknown = strangers.ids.flatMap((id) => (known.has(id) ? [] : [{ key: id, id }]));
  return {
    sync: loaded.name,
    by: 'checksums',
    checked: whole.of,
    missing: [...missing, ...read.missing],
    different: [...different, ...read.different],
    extra: Math.max(0, strangers.records - known.size) + forgotten.length,
    extras: [...forgotten, ...unknown].slice(0, named),
    transferred: { sums, keys, records: read.records },
  };
}

/**
 * Step by step, so that few sums are sent: coarse buckets first, then finer ones within those that differ, down to a few
 * records. Where most buckets differ, finer ones would only be more of them.
 */
async function drillDown({ compare, syncId, loaded, of, signal }: Whole, checksums: Checksums) {
  let buckets = bucketsFor(of);
  let suspicious: readonly number[] = [];
  let sums = 0;
  for (let within: Buckets | null = null; ; ) {
    const ours: BucketSums = await compare.sums(syncId, buckets, within);
    const theirs = await checksums.sums(loaded.name, buckets, within, signal);
    suspicious = differingBuckets(ours, theirs);
    sums += theirs.size;
    const most = suspicious.length > new Set([...ours.keys(), ...theirs.keys()]).size / 2;
    if (suspicious.length === 0 || (most && within !== null) || of / buckets <= FINEST) break;
    within = { buckets, of: suspicious };
    buckets *= FINER;
  }
  return { buckets, suspicious, sums };
}

/** Records of which the destination has no note were written before it kept any: they are read. */
async function readUnnoted(whole: Whole, unnoted: readonly DeliveredRecord[]): Promise<ReadResult> {
  const pages = async function* () {
    for (let start = 0; start < unnoted.length; start += PAGE_RECORDS) yield unnoted.slice(start, start + PAGE_RECORDS);
  };
  return readAndCompare(whole, pages());
}

/** The buckets that are not the same on both sides. Pure. */
export function differingBuckets(ours: BucketSums, theirs: BucketSums): readonly number[] {
  const all = new Set([...ours.keys(), ...theirs.keys()]);
  return [...all].filter((bucket) => {
    const [a, b] = [ours.get(bucket), theirs.get(bucket)];
    return a?.records !== b?.records || a?.sum !== b?.sum;
  });
}
