import { z } from 'zod';
import { nearName } from '../text/near-name.ts';
import { nodeKinds, present } from './kinds.ts';
import type { Mapping } from './mapping.ts';
import type { MappingProblem } from './mapping-problem.ts';
import type { Kind, Node } from './node.ts';
import { pathText } from './path.ts';
import { childSchema, fieldNames, kindsOf, type Schema } from './schema.ts';

/** Holds what is mapped against the destination schema: missing fields, unknown fields, kinds that do not fit. */
export const destinationProblems = (tree: Node, mapping: Pick<Mapping, 'from' | 'to'>): readonly MappingProblem[] =>
  compare(tree, { from: mapping.from, to: mapping.to, path: [] });

interface Place {
  readonly from: Schema;
  /** The destination schema here. */
  readonly to: Schema;
  readonly path: readonly string[];
}

function compare(node: Node, place: Place): readonly MappingProblem[] {
  if (node.kind === 'when') return [...compare(node.yes, place), ...compare(node.no, place)];
  if (node.kind === 'or' && node.input.kind === 'each')
    return [...compare(node.input.item, itemOf(place)), ...compare(node.fallback, place)];
  const fits = kindProblems(node, place);
  if (fits.length > 0) return fits;
  if (node.kind === 'object') return fieldProblems(node.fields, place);
  if (node.kind === 'each') return compare(node.item, itemOf(place));
  if (node.kind === 'constant') return constantProblems(node.value, place);
  return [];
}

const itemOf = (place: Place): Place => below(place, '*');

function below(place: Place, step: string): Place {
  return { from: place.from, to: childSchema(place.to, step, 'in') ?? z.unknown(), path: [...place.path, step] };
}

function fieldProblems(fields: readonly (readonly [string, Node])[], place: Place): readonly MappingProblem[] {
  const names = fieldNames(place.to, 'in');
  const given = new Map(fields);
  const unmapped = (names ?? []).filter((name) => !given.has(name) && isRequired(below(place, name).to));
  const unknown = names ? [...given.keys()].filter((name) => !names.includes(name)) : [];
  return [
    ...unmapped.map((name) => unmappedProblem([...place.path, name])),
    ...unknown.map((name) => unknownProblem([...place.path, name], nearName(name, names ?? []))),
    ...fields.flatMap(([name, node]) => (unknown.includes(name) ? [] : compare(node, below(place, name)))),
  ];
}

const isRequired = (schema: Schema): boolean => !kindsOf(schema, 'in').has('missing');

const unmappedProblem = (path: readonly string[]): MappingProblem => ({
  code: 'FIELD_UNMAPPED',
  field: pathText(path),
  message: `the destination needs \`${pathText(path)}\`, and nothing is mapped to it`,
});

const unknownProblem = (path: readonly string[], near: string | undefined): MappingProblem => ({
  code: 'FIELD_UNKNOWN',
  field: pathText(path),
  message: `the destination has no field \`${pathText(path)}\`${near ? `; did you mean \`${near}\`?` : ''}`,
});

function kindProblems(node: Node, place: Place): readonly MappingProblem[] {
  const wanted = kindsOf(place.to, 'in');
  const given = nodeKinds(node, place.from);
  if (wanted.has('unknown')) return [];
  const wrong = [...given].filter((kind) => kind !== 'unknown' && !wanted.has(kind));
  const field = pathText(place.path);
  const missing = wrong.filter((kind) => kind === 'null' || kind === 'missing');
  if (missing.length > 0) return [undecidedProblem(field, missing)];
  const [kind] = wrong;
  if (!kind) return [];
  const message = `\`${field}\` needs ${kindWords([...present(wanted)])}, and is given ${kindWords(wrong)}${conversion(kind, wanted)}`;
  return [{ code: 'TYPE_MISMATCH', field, message }];
}

export const undecidedProblem = (field: string, missing: readonly Kind[]): MappingProblem => ({
  code: 'MISSING_UNDECIDED',
  field,
  message: `\`${field}\` may be ${missing.join(' or ')} at the source; decide with \`or\`, \`orReject\` or \`orOmit\``,
});

const words: Readonly<Record<Kind, string>> = {
  text: 'a text',
  number: 'a number',
  boolean: 'true or false',
  date: 'a date object',
  list: 'a list',
  object: 'an object',
  null: 'null',
  missing: 'nothing',
  unknown: 'anything',
};

export const kindWords = (kinds: readonly Kind[]): string => kinds.map((kind) => words[kind]).join(' or ') || 'nothing';

const conversions: Readonly<Record<string, string>> = {
  'text number': '`integerFrom()`, `numberFrom()`, or for money `minorUnits(currency)`',
  'text boolean': '`booleanFrom({ true: […], false: […] })`',
  'text list': '`split(separator)`',
  'number text': '`asText()`, `decimalOfNumber()`, or for money `fromMinorUnits(currency)`',
  'boolean text': '`asText()`',
  'list text': '`join(separator)`',
};

function conversion(given: Kind, wanted: ReadonlySet<Kind>): string {
  const known = [...wanted].map((kind) => conversions[`${given} ${kind}`]).find((hint) => hint !== undefined);
  return known ? `; convert it, for example with ${known}` : '';
}

function constantProblems(value: unknown, place: Place): readonly MappingProblem[] {
  const parsed = tryParse(place.to, value);
  if (parsed) return [];
  const field = pathText(place.path);
  return [
    {
      code: 'TYPE_MISMATCH',
      field,
      message: `the destination does not accept the constant that \`${field}\` is given`,
    },
  ];
}

/** An asynchronous schema cannot be tried here. */
function tryParse(schema: Schema, value: unknown): boolean {
  try {
    return z.safeParse(schema, value).success;
  } catch {
    return true;
  }
}
