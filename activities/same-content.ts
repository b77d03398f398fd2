import type { z } from 'zod';
import type { Json } from '../model/json.ts';
import { contentHash } from '../model/transform.ts';

/**
 * Whether a record read back from the destination has the content that was sent. Both are brought into the form of
 * the destination schema, so that the order of fields and fields of the destination's own do not count.
 */
export function sameContent(to: z.ZodType, record: Json, hash: string): boolean {
  const parsed = to.safeParse(record);
  return parsed.success && contentHash(JSON.stringify(parsed.data)) === hash;
}
