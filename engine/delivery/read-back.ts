import type { Destination } from '../../model/connector/connector.ts';
import { checkOf } from '../../model/mapping/compile-check.ts';
import { type Alteration, alterationsOf } from '../../model/record/alteration.ts';
import { parseExact } from '../../model/record/exact-json.ts';
import { isUncommon } from '../../model/record/exact-marks.ts';
import type { Json } from '../../model/record/json.ts';
import { jsonOfUncommon } from '../../model/record/uncommon.ts';
import type { Sync } from '../../model/sync/sync.ts';

/** What a sync says of records that are read back. */
export type ReadBackRules = Pick<Sync, 'mapping'> & { readonly destinationAlters?: readonly string[] | undefined };

/**
 * In which fields records read back from the destination differ from what was written; in none when they say the same.
 * They are compared in the form of the destination schema, so that the order of fields and fields of the destination's
 * own do not count; or in the destination's own terms, where it stores a value in another form. Fields that the sync
 * declares as altered by the destination do not count either. Where one record was stored in another form, so are most,
 * and the destination's own terms are asked first.
 */
export function contentComparison(
  destination: Destination,
  { mapping, destinationAlters = [] }: ReadBackRules,
): (writtenJson: string, read: Json) => readonly Alteration[] {
  const check = checkOf(mapping.to);
  const declared = new Set(destinationAlters);
  // What the schema made of JSON is put into words again as it was before it was written.
  const formOf = (read: Json): string | undefined => {
    if (isUncommon(read)) return jsonOfUncommon(read, mapping.to);
    const parsed = check(read);
    return parsed.success ? JSON.stringify(parsed.data) : undefined;
  };
  const inForm = (read: Json): Json => {
    const json = formOf(read);
    return json === undefined ? read : parseExact(json);
  };
  const asWritten = (writtenJson: string, read: Json): boolean => formOf(read) === writtenJson;
  const inItsTerms = (writtenJson: string, read: Json): boolean =>
    destination.same?.(parseExact(writtenJson), read) ?? false;
  const sameField = (written: Json, read: Json): boolean => destination.same?.(written, read) ?? false;
  let [first, second] = [asWritten, inItsTerms];
  return (writtenJson, read) => {
    if (first(writtenJson, read)) return [];
    if (second(writtenJson, read)) {
      [first, second] = [second, first];
      return [];
    }
    return alterationsOf(parseExact(writtenJson), inForm(read), sameField).filter(({ field }) => !declared.has(field));
  };
}

/** What a record is read back by: the destination's own id where it has one, unless it asks for the key. */
export const readKey = (
  destination: Destination,
  { key, destinationId }: { readonly key: string; readonly destinationId: string | null },
): string => (destination.readsBy === 'key' ? key : (destinationId ?? key));
