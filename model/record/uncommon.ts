import type { z } from 'zod';
import { checkOf } from '../mapping/compile-check.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { isOpen, useOf } from '../mapping/open-places.ts';
import { pathText } from '../mapping/path.ts';
import { unmarkedJson } from './exact-json.ts';
import { isExactNumber, withFewerMarks, withMarks } from './exact-marks.ts';
import type { Json, JsonRecord } from './json.ts';
import type { Fault } from './prepared.ts';

/** What a record with numbers of many digits, or with the name `__proto__`, is given to its mapping as. */
export type Carried = { readonly record: Json; readonly isMarked: boolean } | Fault;

/**
 * Marks what a record's parsed form cannot hold, where the source schema is open to it and the mapping moves it unseen:
 * there a number stays a number. Elsewhere it is the text that a schema for texts expects. A name that would be dropped
 * on its way to a rule is a fault.
 */
export function carried(received: JsonRecord, mapping: Mapping): Carried {
  const lost: (readonly string[])[] = [];
  let isMarked = false;
  const record = withMarks(received, (path) => {
    if (!isOpen(mapping.from, path, 'in')) return false;
    const use = useOf(mapping, path);
    if (use === 'read' && path.at(-1) === '__proto__') lost.push(path);
    isMarked ||= use === 'moved';
    return use === 'moved';
  });
  const [path] = lost;
  return path === undefined ? { record, isMarked } : droppedName(path);
}

const droppedName = (path: readonly string[]): Fault => ({
  code: 'SOURCE_SCHEMA',
  field: pathText(path),
  rule: 'name',
  reason:
    'the name `__proto__` would be dropped before a rule reads the value: move the value as it is, or leave it out',
});

/** The JSON of marked data in the form of a schema; or why the schema does not take it. */
export function jsonOfMarked(data: unknown, to: z.ZodType): { readonly json: string } | z.core.$ZodIssue[] {
  const checked = checkOf(to)(withFewerMarks(data, (path) => isOpen(to, path, 'in')));
  if (checked.success) return { json: unmarkedJson(JSON.stringify(checked.data)) };
  const plain = checkOf(to)(withFewerMarks(data, () => false));
  return plain.success ? { json: JSON.stringify(plain.data) } : plain.error.issues;
}

/** The JSON of a value that was read, in the form of a schema. Undefined when the schema does not take it. */
export function jsonOfUncommon(read: Json, to: z.ZodType): string | undefined {
  const made = jsonOfMarked(
    withMarks(read, () => true),
    to,
  );
  return 'json' in made ? made.json : undefined;
}

/** Why a schema refused a number that is kept as text; undefined where that is not why. */
export function exactNumberFault(received: Json, path: readonly PropertyKey[]): string | undefined {
  let holder: unknown = received;
  for (const step of path.slice(0, -1))
    holder = typeof holder === 'object' && holder !== null ? Reflect.get(holder, step) : undefined;
  if (typeof holder !== 'object' || holder === null || !isExactNumber(holder, String(path.at(-1)))) return undefined;
  return 'a number of more digits than a JavaScript number keeps is read as text: let the schema take texts too, such as `z.union([z.number(), z.string()])`';
}
