import type { CodeWriter } from './code-writer.ts';
import type { Def } from './schema.ts';

/** The checks of a schema as conditions; undefined when one is not simple. A format is a check that the schema itself is. */
export function conditions(def: Def, from: string, out: CodeWriter): readonly string[] | undefined {
  const own: readonly CheckDef[] = 'check' in def && typeof def.check === 'string' ? [def as CheckDef] : [];
  const found: string[] = [];
  for (const check of [...own, ...(def.checks ?? []).map((one) => one._zod.def as CheckDef)]) {
    const condition = conditionOf(check, from, out);
    if (condition === undefined) return undefined;
    found.push(condition);
  }
  return found;
}

interface CheckDef {
  readonly check: string;
  readonly format?: string;
  readonly pattern?: unknown;
  readonly value?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly length?: number;
  readonly inclusive?: boolean;
}

/** Formats that zod tests by their pattern and nothing else. */
const patternFormats = new Set([
  ...['email', 'uuid', 'guid', 'cuid', 'cuid2', 'ulid', 'nanoid', 'xid', 'ksuid', 'e164', 'emoji'],
  ...['datetime', 'date', 'time', 'duration', 'regex', 'lowercase', 'uppercase', 'ipv4'],
]);

function conditionOf(check: CheckDef, from: string, out: CodeWriter): string | undefined {
  switch (check.check) {
    case 'min_length':
      return `${from}.length >= ${Number(check.minimum)}`;
    case 'max_length':
      return `${from}.length <= ${Number(check.maximum)}`;
    case 'length_equals':
      return `${from}.length === ${Number(check.length)}`;
    case 'greater_than':
      return typeof check.value === 'number' ? `${from} ${check.inclusive ? '>=' : '>'} ${check.value}` : undefined;
    case 'less_than':
      return typeof check.value === 'number' ? `${from} ${check.inclusive ? '<=' : '<'} ${check.value}` : undefined;
    case 'number_format':
      return check.format === 'safeint' ? `Number.isSafeInteger(${from})` : undefined;
    case 'string_format':
      return patternCondition(check, from, out);
    default:
      return undefined;
  }
}

/** A pattern with a memory (`g`, `y`) would need it reset. */
function patternCondition({ format, pattern }: CheckDef, from: string, out: CodeWriter): string | undefined {
  if (!(pattern instanceof RegExp) || !patternFormats.has(format ?? '') || /[gy]/.test(pattern.flags)) return undefined;
  return `${out.bind(pattern)}.test(${from})`;
}

/** The type alone as a condition; undefined for a schema that makes another value of it, or holds others. */
export function typeCondition(def: Def, from: string, out: CodeWriter): string | undefined {
  switch (def.type) {
    case 'string':
      return 'coerce' in def && def.coerce ? undefined : `typeof ${from} === 'string'`;
    case 'number':
      return 'coerce' in def && def.coerce ? undefined : `Number.isFinite(${from})`;
    case 'boolean':
      return 'coerce' in def && def.coerce ? undefined : `typeof ${from} === 'boolean'`;
    case 'null':
      return `${from} === null`;
    case 'enum':
      return oneOf(Object.values(def.entries), from, out);
    case 'literal':
      return oneOf(def.values, from, out);
    default:
      return undefined;
  }
}

/** Only values for which `===` is what zod's set does. Enums of TypeScript with numbers have entries of both directions. */
function oneOf(values: readonly unknown[], from: string, out: CodeWriter): string | undefined {
  if (!values.every((value) => typeof value === 'string' || typeof value === 'boolean' || value === null))
    return undefined;
  if (values.length <= 4) return `(${values.map((value) => `${from} === ${JSON.stringify(value)}`).join(' || ')})`;
  return `${out.bind(new Set(values))}.has(${from})`;
}
