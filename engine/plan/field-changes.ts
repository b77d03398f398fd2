import type { Destination } from '../../model/connector/connector.ts';
import { isRecord, type Json } from '../../model/record/json.ts';

/** One field of a destination record that a run would set. `before` is absent where nothing was, or could be, read. */
export interface FieldChange {
  readonly field: string;
  readonly before?: Json;
  readonly after: Json;
}

/**
 * What a write would change, field by field. Fields that the destination has and the record does not are left alone,
 * and what is the same in the destination's own terms is no change. Pure.
 */
export function fieldChanges(destination: Pick<Destination, 'same'>, after: Json, before?: Json): FieldChange[] {
  if (!isRecord(after)) return [{ field: '', after, ...(before === undefined ? {} : { before }) }];
  const old = before !== undefined && isRecord(before) ? before : undefined;
  return Object.entries(after).flatMap(([field, value]): FieldChange[] => {
    if (old === undefined) return [{ field, after: value }];
    const had = Object.hasOwn(old, field) ? old[field] : undefined;
    if (had === undefined) return value === null ? [] : [{ field, after: value }];
    return sameField(destination, field, value, had) ? [] : [{ field, before: had, after: value }];
  });
}

function sameField({ same }: Pick<Destination, 'same'>, field: string, after: Json, before: Json): boolean {
  return sorted(after) === sorted(before) || (same?.({ [field]: after }, { [field]: before }) ?? false);
}

/** One text for all orders of an object's fields. */
const sorted = (value: Json): string =>
  JSON.stringify(value, (_name, part: Json) =>
    isRecord(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
