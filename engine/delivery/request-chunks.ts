import type { WriteLimits } from '../../model/connector/connector.ts';
import type { Content } from '../../model/record/content.ts';

/** Cuts records into requests under the destination's limits, in order. A single record may exceed `bytes`. */
export function requestChunks<T extends { readonly content: Content }>(
  records: readonly T[],
  limits: WriteLimits,
): T[][] {
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
