import type { z } from 'zod';
import { duration } from '../model/sync/policy.ts';
import { DURATION_GRAMMAR } from '../model/text/duration.ts';
import { didYouMean } from '../model/text/near-name.ts';
import type { ProblemCode } from '../model/text/problem.ts';
import { bareSchema, numberRange, schemaAt, schemaKeys } from './schema-walk.ts';
import { pathText, shown } from './shown.ts';
import type { TreePath } from './tree.ts';

/** What a schema has against a value, in words: where, what was found (redacted), what is allowed, the nearest name. */
export interface Explained {
  readonly code: ProblemCode;
  readonly path: TreePath;
  readonly message: string;
}

export type Issue = z.core.$ZodIssue;

export interface ExplainedInput {
  readonly schema: z.ZodType;
  readonly value: unknown;
  /** Keys that are allowed beside those of the schema, for near names. */
  readonly furtherKeys?: readonly string[];
}

export function explainIssues(issues: readonly Issue[], input: ExplainedInput): readonly Explained[] {
  return issues.flatMap((issue) => explain(issue, input));
}

function explain(issue: Issue, input: ExplainedInput): readonly Explained[] {
  const { path } = issue;
  const found = valueAtPath(input.value, path);
  const name = lastName(path);
  const wrong = (expected: string, near = ''): readonly Explained[] =>
    found === undefined
      ? [{ code: 'KEY_REQUIRED', path, message: `${subject(path)} is missing: expected ${expected}.` }]
      : [
          {
            code: 'VALUE_INVALID',
            path,
            message: `${subject(path)}: expected ${expected}, found ${shown(found, name)}.${near}`,
          },
        ];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], allowedKeys(path, input)));
    case 'invalid_type':
      return wrong(expectedAt(path, input) ?? typeWord(issue.expected, schemaAt(input.schema, path)));
    case 'invalid_value': {
      const values = issue.values.map(String);
      return wrong(oneOf(values), typeof found === 'string' ? didYouMean(found, values) : '');
    }
    case 'too_small':
    case 'too_big':
      return wrong(rangeWord(issue, schemaAt(input.schema, path)));
    case 'invalid_format':
      return wrong(formatWord(issue));
    case 'invalid_union':
      return explainUnion(issue, input, wrong);
    case 'invalid_key':
      return [{ code: 'KEY_UNKNOWN', path, message: `\`${name}\` is not allowed as a key here.` }];
    case 'not_multiple_of':
      return wrong(`a multiple of ${issue.divisor}`);
    default:
      return [
        {
          code: found === undefined ? 'KEY_REQUIRED' : 'VALUE_INVALID',
          path,
          message: `${subject(path)}: ${issue.message}.`.replace(/\.\.$/, '.'),
        },
      ];
  }
}

/** A key that nothing reads, with the nearest one that is read. */
export function unknownKey(path: TreePath, allowed: readonly string[] | undefined): Explained {
  const key = lastName(path);
  const list = allowed && allowed.length > 0 ? ` Allowed: ${allowed.join(', ')}.` : '';
  return {
    code: 'KEY_UNKNOWN',
    path,
    message: `\`${key}\` is not a key that is read here.${didYouMean(key, allowed ?? [])}${list}`,
  };
}

function allowedKeys(path: TreePath, { schema, furtherKeys }: ExplainedInput): readonly string[] | undefined {
  const at = schemaAt(schema, path);
  const keys = at && schemaKeys(at);
  return keys && path.length === 0 ? [...keys, ...(furtherKeys ?? [])] : keys;
}

type UnionIssue = Extract<Issue, { code: 'invalid_union' }>;

/** A union complains about every branch; the one that was meant is the one with the fewest complaints below its root. */
function explainUnion(
  issue: UnionIssue,
  input: ExplainedInput,
  wrong: (expected: string, near?: string) => readonly Explained[],
): readonly Explained[] {
  const choices = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
  if (choices.length > 0) {
    const found = valueAtPath(input.value, issue.path);
    return wrong(oneOf(choices), typeof found === 'string' ? didYouMean(found, choices) : '');
  }
  const absolute = issue.errors.map((branch) =>
    branch.map((below) => ({ ...below, path: [...issue.path, ...below.path] }) as Issue),
  );
  const meant = absolute
    .filter(
      (branch) => !branch.some((below) => below.code === 'invalid_type' && below.path.length === issue.path.length),
    )
    .sort((a, b) => a.length - b.length)[0];
  if (meant?.some(({ path }) => path.length > issue.path.length)) return explainIssues(meant, input);
  const expectations = absolute.flatMap((branch) => branch.slice(0, 1).map((below) => expectation(below, input)));
  return wrong(expectations.length > 0 ? [...new Set(expectations)].join(', or ') : 'another value');
}

function expectation(issue: Issue, input: ExplainedInput): string {
  if (issue.code === 'invalid_value') return oneOf(issue.values.map(String));
  if (issue.code === 'invalid_type') return typeWord(issue.expected, schemaAt(input.schema, issue.path));
  if (issue.code === 'too_small' || issue.code === 'too_big')
    return rangeWord(issue, schemaAt(input.schema, issue.path));
  return issue.message;
}

/** What a schema that is known by name wants, in better words than its type. */
function expectedAt(path: TreePath, { schema }: ExplainedInput): string | undefined {
  const at = schemaAt(schema, path);
  if (!at) return undefined;
  if (bareSchema(at) === bareSchema(duration) || mentions(at, duration)) return DURATION_GRAMMAR;
  return undefined;
}

function mentions(schema: z.ZodType, wanted: z.ZodType): boolean {
  if (schema === wanted) return true;
  const def = schema._zod.def as unknown as { readonly innerType?: z.ZodType };
  return def.innerType !== undefined && mentions(def.innerType, wanted);
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: '`true` or `false`',
  object: 'a map of keys',
  record: 'a map of keys',
  array: 'a list',
  null: 'null',
  nonoptional: 'a value',
};

const typeWord = (expected: string, schema?: z.ZodType): string =>
  expected === 'number' && numberRange(schema).whole ? 'a whole number' : (typeWords[expected] ?? expected);

const oneOf = (values: readonly string[]): string => {
  const quoted = values.map((value) => `\`${value}\``);
  return quoted.length === 1 ? (quoted[0] ?? '') : `one of ${quoted.join(', ')}`;
};

type RangeIssue = Extract<Issue, { code: 'too_small' | 'too_big' }>;

function rangeWord(issue: RangeIssue, schema: z.ZodType | undefined): string {
  const unit = issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' entries' : '';
  if (unit !== '')
    return issue.code === 'too_small' ? `at least ${issue.minimum}${unit}` : `at most ${issue.maximum}${unit}`;
  const { whole, low, above, high } = numberRange(schema);
  const kind = whole ? 'a whole number' : 'a number';
  const from = low ?? (whole && above !== undefined ? above + 1 : undefined);
  if (from !== undefined && high !== undefined) return `${kind} from ${from} to ${high}`;
  if (from !== undefined) return `${kind}, at least ${from}`;
  if (above !== undefined) return `${kind} above ${above}${high === undefined ? '' : `, at most ${high}`}`;
  return issue.code === 'too_big' ? `${kind}, at most ${issue.maximum}` : `${kind}, at least ${issue.minimum}`;
}

function formatWord(issue: Extract<Issue, { code: 'invalid_format' }>): string {
  if (issue.format === 'url') return 'an address such as `https://host/path`';
  if ('prefix' in issue) return `text that begins with \`${String(issue.prefix)}\``;
  if (issue.format === 'regex') return `text that matches ${issue.pattern ?? 'a pattern'}`;
  return `text in the form ${issue.format}`;
}

const subject = (path: TreePath): string => (path.length === 0 ? 'this' : `\`${pathText(path)}\``);

const lastName = (path: TreePath): string => String(path.at(-1) ?? '');

function valueAtPath(value: unknown, path: TreePath): unknown {
  let at: unknown = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[step];
  }
  return at;
}
