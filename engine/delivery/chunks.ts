import type { WriteLimits } from '../../model/connector/connector.ts';
import type { Content } from '../../model/record/content.ts';

/** Cuts records into requests under the destination's limits, in order. A single record may exceed `bytes`. */
export function chunksOf<T extends { readonly content: Content }>(records: readonly T[], limits: WriteLimits): T[][] {
  const chunks: T[][] = [];
  let chunk: T[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.content.length + 1;
    if (chunk.length > 0 && (chunk.length >= limits.records || bytes + size > limits.bytes)) {
      chunks.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push(record);
    bytes += size;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}

/**
 * Works on the items, `concurrency` at once. After a failure nothing new is begun; what is under way is awaited, so
 * that nothing goes on behind the caller's back; then the first failure is thrown.
 */
export async function eachAtMost<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  let failed: { error: unknown } | undefined;
  const lane = async () => {
    for (const item of queue) {
      if (failed) return;
      try {
        await work(item);
      } catch (error) {
        failed ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, lane));
  if (failed) throw failed.error;
}
