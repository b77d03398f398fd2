import type { z } from 'zod';
import type { Destination } from '../model/connector.ts';
import type { Json } from '../model/json.ts';
import { checkOf } from '../model/mapping/compile-check.ts';

/**
 * Whether a record read back from the destination has the content that was written: in the form of the destination
 * schema, so that the order of fields and fields of the destination's own do not count; or in the destination's own
 * terms, where it stores a value in another form.
 */
export const sameContent = (destination: Destination, to: z.ZodType, writtenJson: string, read: Json): boolean =>
  contentComparison(destination, to)(writtenJson, read);

/**
 * The same for many records: where one was stored in another form, so are most, and the destination's own terms are
 * asked first.
 */
export function contentComparison(
  destination: Destination,
  to: z.ZodType,
): (writtenJson: string, read: Json) => boolean {
  const check = checkOf(to);
  const asWritten = (writtenJson: string, read: Json): boolean => {
    const parsed = check(read);
    return parsed.success && JSON.stringify(parsed.data) === writtenJson;
  };
  const inItsTerms = (writtenJson: string, read: Json): boolean =>
    destination.same?.(JSON.parse(writtenJson), read) ?? false;
  let [first, second] = [asWritten, inItsTerms];
  return (writtenJson, read) => {
    if (first(writtenJson, read)) return true;
    if (!second(writtenJson, read)) return false;
    [first, second] = [second, first];
    return true;
  };
}

/** What a record is read back by: the destination's own id where it has one, unless it asks for the key. */
export const readKey = (
  destination: Destination,
  { key, destinationId }: { readonly key: string; readonly destinationId: string | null },
): string => (destination.readsBy === 'key' ? key : (destinationId ?? key));
