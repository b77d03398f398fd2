/**
 * How two databases compare many records: both cut the keys into the same buckets and add up, bucket by bucket, a number
 * for each key and content hash. Equal sums are equal buckets; only buckets that differ are looked into. The numbers come
 * from MD5, which every system has; it guards against accidents here, not against attackers.
 */

/** The bucket of a key: the first 32 bits of the MD5 of its UTF-8 bytes, modulo the number of buckets. */
export const bucketSql = (key: string, buckets: number): string =>
  `(('x' || substr(md5(convert_to(${key}, 'UTF8')), 1, 8))::bit(32)::bigint % ${Math.trunc(buckets)})::int`;

/** What a record adds to the sum of its bucket: the first 60 bits of the MD5 of its key, a space and its content hash. */
export const addendSql = (key: string, hash: string): string =>
  `('x' || substr(md5(convert_to(${key} || ' ' || ${hash}, 'UTF8')), 1, 15))::bit(60)::bigint`;

/** Few enough that their sums are a small transfer. */
const RECORDS_PER_BUCKET = 4096;

export const bucketsFor = (records: number): number => Math.max(1, Math.ceil(records / RECORDS_PER_BUCKET));

/** A bucket that differs is cut into so many… */
export const FINER = 16;

/** …until it holds about so many records, whose keys are then sent. */
export const FINEST = 16;
