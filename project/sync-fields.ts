import type { z } from 'zod';
import { pathSteps } from '../model/mapping/path.ts';
import { didYouMean } from '../model/text/near-name.ts';
import { bareSchema, mayBeMissing, schemaAt, schemaDef, schemaKeys, schemasAt } from './schema-walk.ts';
import type { SyncProblems } from './sync-problems.ts';

/** The key has to be a field of the source schema that holds text or a whole number. */
export function checkKey(key: string | readonly string[], from: z.ZodType, problems: SyncProblems): void {
  for (const field of typeof key === 'string' ? [key] : key) {
    const types = fieldTypes('key', field, from, problems);
    const unfit = types?.find((type) => !keyTypes.has(type));
    if (unfit !== undefined) {
      const message = `the key \`${field}\` is ${typeName(unfit)}; a key is text or a whole number.`;
      problems.errorAtText('FIELD_TYPE', ['key'], field, message);
    } else if (types && mayBeMissing(fieldSchema(from, field) ?? from))
      problems.warning('FIELD_TYPE', ['key'], `the key \`${field}\` may be missing; such records go to quarantine.`);
  }
}

/** The version has to be a field of the source schema that holds a time or a number. */
export function checkVersion(field: string, from: z.ZodType, problems: SyncProblems): void {
  const unfit = fieldTypes('version', field, from, problems)?.find((type) => !versionTypes.has(type));
  if (unfit === undefined) return;
  const message = `the version \`${field}\` is ${typeName(unfit)}; a version is a time or a number.`;
  problems.errorAtText('FIELD_TYPE', ['version'], field, message);
}

/** Whether the field holds nothing but numbers, as far as the schema says. */
export function holdsNumbers(field: string, from: z.ZodType): boolean {
  const types = schemasAt(from, pathSteps(field)).flatMap((schema) => (schema ? leafTypes(schema) : []));
  return types.length > 0 && types.every((type) => ['number', 'int', 'bigint'].includes(type));
}

/** What `newestWins` compares has to be a field of the destination schema that holds a time or a number. */
export function checkComparable(field: string, to: z.ZodType, problems: SyncProblems): void {
  const unfit = fieldTypes('newestWins', field, to, problems)?.find((type) => !versionTypes.has(type));
  if (unfit === undefined) return;
  const message = `\`newestWins\`: the field \`${field}\` is ${typeName(unfit)}; a version is a time or a number.`;
  problems.errorAtText('FIELD_TYPE', ['onConflict', 'newestWins'], field, message);
}

/** What marks a record as deleted has to be a field that every delivery writes. */
export function checkMark(field: string, to: z.ZodType, problems: SyncProblems): void {
  if (fieldTypes('set', field, to, problems) === undefined) return;
  const schema = fieldSchema(to, field);
  if (schema?.safeParse(undefined).success)
    problems.errorAtText(
      'FIELD_TYPE',
      ['deletes', 'set'],
      field,
      `deletes: the mapping may leave \`${field}\` out, so that a record which comes back would stay marked.`,
    );
}

/** What the destination is said to change has to be a field that is sent to it. */
export function checkAltered(fields: readonly string[], to: z.ZodType, problems: SyncProblems): void {
  for (const field of fields) fieldTypes('destinationAlters', field, to, problems);
}

const placeOf = {
  key: [['key'], 'source'],
  version: [['version'], 'source'],
  newestWins: [['onConflict', 'newestWins'], 'destination'],
  set: [['deletes', 'set'], 'destination'],
  destinationAlters: [['destinationAlters'], 'destination'],
} as const;

const keyTypes = new Set(['string', 'number', 'int', 'bigint', 'enum', 'literal', 'template_literal']);
const versionTypes = new Set([...keyTypes, 'date']);

const typeNames: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a map',
  record: 'a map',
  boolean: 'true or false',
  null: 'null',
};

const typeName = (type: string): string => typeNames[type] ?? type;

/** Types of which nothing can be said before a record is there. */
const openTypes = new Set([
  'any',
  'unknown',
  'custom',
  'transform',
  'lazy',
  'never',
  'undefined',
  'null',
  'void',
  'nan',
]);

/** The types that the field may have; undefined when the schema does not have it (a problem) or does not say. */
function fieldTypes(
  role: keyof typeof placeOf,
  field: string,
  from: z.ZodType,
  problems: SyncProblems,
): readonly string[] | undefined {
  const path = pathSteps(field);
  const found = schemasAt(from, path);
  const [place, side] = placeOf[role];
  if (found.length > 0) return found.flatMap((schema) => (schema ? leafTypes(schema) : []));
  const parent = path.slice(0, -1);
  const parentSchema = schemaAt(from, parent);
  const siblings = (parentSchema && schemaKeys(parentSchema)) ?? [];
  const near = didYouMean(path.at(-1) ?? '', siblings);
  const allowed =
    siblings.length > 0
      ? ` It has: ${siblings.slice(0, mostListed).join(', ')}${siblings.length > mostListed ? ', …' : ''}.`
      : '';
  problems.errorAtText(
    'FIELD_UNKNOWN',
    place,
    field,
    `${role}: the ${side} schema has no field \`${field}\`.${near}${allowed}`,
  );
  return undefined;
}

const mostListed = 20;

function leafTypes(schema: z.ZodType): readonly string[] {
  const def = schemaDef(bareSchema(schema));
  if (def.type === 'union') return (def.options ?? []).flatMap(leafTypes);
  return openTypes.has(def.type) ? [] : [def.type];
}

const fieldSchema = (from: z.ZodType, field: string): z.ZodType | undefined => schemaAt(from, pathSteps(field));
