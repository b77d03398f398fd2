import { absent, nodeKinds } from './kinds.ts';
import type { Mapping, Recorded, Sample } from './mapping.ts';
import type { Node } from './node.ts';
import { pathText } from './path.ts';
import { bare, childSchema, defOf, kindsOf, type Schema } from './schema.ts';
import { type Explanation, explain } from './walk.ts';
import { constantWords, sourcesOf, transformWords, valueWords } from './words.ts';

/** One destination field, for people. Backticks mark names and values. */
export interface DocumentRow {
  readonly field: string;
  /** What the destination takes. */
  readonly type: string;
  readonly required: boolean;
  readonly sources: readonly string[];
  readonly rule: string;
  /** What happens when the source has no value. */
  readonly missing: string;
  /** Of the first sample that is mapped. Absent values are undefined. */
  readonly example?: { readonly before: readonly unknown[]; readonly after: unknown };
}

export interface MappingDocument {
  readonly version: string;
  readonly rows: readonly DocumentRow[];
  /** The condition for which records are mapped at all. */
  readonly where?: string;
  readonly unused: readonly string[];
  readonly samples: readonly { readonly summary: string; readonly outcome: string }[];
}

/** The document of a mapping; undefined for one that `map` did not make. */
export function mappingDocument(mapping: Mapping): MappingDocument | undefined {
  const { recorded } = mapping;
  if (!recorded) return undefined;
  const example = exampleOf(mapping, recorded);
  return {
    version: mapping.version,
    rows: rowsOf(recorded.tree, { path: [], to: mapping.to, from: mapping.from, example }),
    ...(recorded.where && { where: valueWords(recorded.where) }),
    unused: recorded.unused,
    samples: recorded.samples.map((sample) => ({ summary: sample.summary, outcome: outcomeOf(sample) })),
  };
}

function outcomeOf(sample: Sample): string {
  if ('rejects' in sample) return `rejected: ${sample.rejects}`;
  return 'filtered' in sample ? 'filtered' : 'mapped';
}

/** The whole way of the first sample that is mapped. */
function exampleOf(mapping: Mapping, recorded: Recorded): Explanation | undefined {
  const sample = recorded.samples.find((candidate) => 'want' in candidate);
  const parsed = sample && mapping.from.safeParse(sample.have);
  return parsed?.success ? explain(recorded, parsed.data) : undefined;
}

interface Place {
  readonly path: readonly string[];
  readonly to: Schema | undefined;
  readonly from: Schema;
  readonly example: Explanation | undefined;
}

const below = (place: Place, step: string): Place => ({
  ...place,
  path: [...place.path, step],
  to: place.to && childSchema(place.to, step, 'in'),
});

function rowsOf(node: Node, place: Place): readonly DocumentRow[] {
  if (node.kind === 'object') return node.fields.flatMap(([name, field]) => rowsOf(field, below(place, name)));
  const items = itemsOf(node);
  if (!items) return [rowOf(node, place)];
  const item = below(place, '*');
  return items.item.kind === 'object'
    ? [listRow(node, items, place), ...rowsOf(items.item, item)]
    : [rowOf(node, place)];
}

/** The list that is walked over, also when a default stands around it. */
function itemsOf(node: Node): (Node & { kind: 'each' }) | undefined {
  if (node.kind === 'each') return node;
  return node.kind === 'or' || node.kind === 'orReject' || node.kind === 'orOmit' ? itemsOf(node.input) : undefined;
}

function listRow(node: Node, items: Node & { kind: 'each' }, place: Place): DocumentRow {
  return {
    ...described(node, place),
    sources: sourcesOf(items.input).map(pathText),
    rule: `one for each of ${valueWords(items.input)}`,
  };
}

function rowOf(node: Node, place: Place): DocumentRow {
  const sources = sourcesOf(node).map(pathText);
  const shown = pathText(place.path.map((step) => (step === '*' ? '0' : step)));
  const lineage = place.example?.fields.find(({ field }) => field === shown);
  return {
    ...described(node, place),
    sources,
    rule: transformWords(node),
    ...(lineage && { example: { before: lineage.from.map(({ value }) => value), after: lineage.after } }),
  };
}

const described = (
  node: Node,
  { path, to, from }: Place,
): Pick<DocumentRow, 'field' | 'type' | 'required' | 'missing'> => ({
  field: pathText(path),
  type: to ? typeWords(to) : 'anything',
  required: to !== undefined && !kindsOf(to, 'in').has('missing'),
  missing: missingWords(node, from),
});

const REQUIRED = 'required at the source';
const FIXED = 'never: it is fixed';

function missingWords(node: Node, from: Schema): string {
  switch (node.kind) {
    case 'constant':
      return FIXED;
    case 'or':
      return `becomes ${valueWords(node.fallback)}`;
    case 'orReject':
      return `the record is set aside: ${node.reason}`;
    case 'orOmit':
      return 'left out';
    case 'each':
      return missingWords(node.input, from);
    case 'apply':
      if (absent(nodeKinds(node, from)).size > 0) break;
      return together([node.input, ...node.rule.args].map((part) => missingWords(part, from)));
    case 'object':
      return together(node.fields.map(([, part]) => missingWords(part, from)));
    case 'list':
      return together(node.items.map((part) => missingWords(part, from)));
    default:
      break;
  }
  const kinds = absent(nodeKinds(node, from));
  const words = [...kinds].map((kind) => (kind === 'null' ? 'null stays null' : 'left out'));
  return words.length > 0 ? words.join('; ') : REQUIRED;
}

/** Of several parts, what can happen; otherwise that nothing can. */
function together(words: readonly string[]): string {
  const happening = [...new Set(words)].filter((one) => one !== REQUIRED && one !== FIXED);
  if (happening.length > 0) return happening.join('; ');
  return words.includes(REQUIRED) ? REQUIRED : FIXED;
}

const simpleTypes: Readonly<Record<string, string>> = {
  text: 'text',
  boolean: 'true or false',
  date: 'date',
  list: 'list',
};

/** What a schema takes, in a few words. */
function typeWords(schema: Schema): string {
  const def = defOf(bare(schema, 'in'));
  const orNull = kindsOf(schema, 'in').has('null') ? ' or null' : '';
  if (def.type === 'enum') return `one of ${Object.values(def.entries).map(constantWords).join(', ')}${orNull}`;
  if (def.type === 'literal') return `${def.values.map(constantWords).join(' or ')}${orNull}`;
  if (def.type === 'number') return `${isWhole(def) ? 'whole number' : 'number'}${orNull}`;
  if (def.type === 'string' && 'format' in def && def.format) return `text (${String(def.format)})${orNull}`;
  const kinds = [...kindsOf(schema, 'in')].filter((kind) => kind !== 'null' && kind !== 'missing');
  return `${kinds.map((kind) => simpleTypes[kind] ?? (kind === 'unknown' ? 'anything' : kind)).join(' or ')}${orNull}`;
}

/** `z.int()` says so itself, `z.number().int()` by a check. */
function isWhole(def: ReturnType<typeof defOf>): boolean {
  if ('format' in def && def.format === 'safeint') return true;
  return (def.checks ?? []).some((check) => 'format' in check._zod.def && check._zod.def.format === 'safeint');
}
