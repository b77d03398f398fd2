import { createHash } from 'node:crypto';
import type { Recorded } from './mapping.ts';
import type { Node, RuleSpec } from './node.ts';
import { defOf, type Schema } from './schema.ts';

type Trees = Pick<Recorded, 'tree' | 'where'>;

/**
 * The version of a mapping: what decides its results, and nothing else. Samples and `unused` are left out.
 * Stable over restarts; 16 hexadecimal digits of a SHA-256.
 */
export const versionOf = (from: Schema, to: Schema, trees: Trees): string =>
  hash([fingerprint(from), fingerprint(to), treeText(trees)]);

export const treeVersion = (trees: Trees): string => hash([treeText(trees)]);

const hash = (parts: readonly string[]): string => {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex').slice(0, 16);
};

const treeText = ({ tree, where }: Trees): string => JSON.stringify([plain(tree), where ? plain(where) : null]);

/** The tree as JSON, in which an absent value, a null and the text "undefined" stay different. */
function plain(node: Node): unknown {
  switch (node.kind) {
    case 'source':
      return ['source', node.scope];
    case 'field':
      return ['field', plain(node.input), node.name];
    case 'constant':
      return ['constant', typeof node.value, node.value instanceof Date ? node.value.getTime() : node.value];
    case 'object':
      return ['object', ...node.fields.map(([name, field]) => [name, plain(field)])];
    case 'list':
      return ['list', ...node.items.map(plain)];
    case 'apply':
      return ['apply', plain(node.input), plainRule(node.rule), node.skipMissing];
    case 'or':
      return ['or', plain(node.input), plain(node.fallback)];
    case 'orReject':
      return ['orReject', plain(node.input), node.reason];
    case 'orOmit':
      return ['orOmit', plain(node.input)];
    case 'when':
      return ['when', plain(node.condition), plain(node.yes), plain(node.no)];
    case 'each':
      return ['each', plain(node.input), node.scope, plain(node.item)];
    case 'filter':
      return ['filter', plain(node.input), node.scope, plain(node.condition)];
    case 'first':
      return ['first', plain(node.input)];
  }
}

const plainRule = (rule: RuleSpec): unknown => [rule.name, rule.words, rule.identity, rule.args.map(plain)];

/** A schema as text: its definition in full, with the source of its functions. */
const fingerprint = (schema: Schema): string => JSON.stringify(describe(schema, []));

/** A lazy schema that makes a new one at each look never ends; nobody's record is as deep as this. */
const MAX_DEPTH = 200;

function describe(value: unknown, above: readonly unknown[]): unknown {
  if (typeof value === 'function') return ['function', String(value)];
  if (typeof value === 'bigint' || typeof value === 'symbol') return [typeof value, String(value)];
  if (typeof value === 'number' && !Number.isFinite(value)) return ['number', String(value)];
  if (typeof value !== 'object' || value === null) return value;
  const loop = above.indexOf(value);
  if (loop >= 0) return ['as above', above.length - loop];
  if (above.length > MAX_DEPTH) return 'deeper';
  const within = [...above, value];
  if (value instanceof RegExp) return ['pattern', String(value)];
  if (value instanceof Date) return ['date', value.getTime()];
  if (value instanceof Set) return ['set', ...[...value].map((part) => describe(part, within))];
  if (value instanceof Map) return ['map', ...[...value].map((part) => describe(part, within))];
  if (Array.isArray(value)) return value.map((part) => describe(part, within));
  if ('_zod' in value) return ['zod', describeDef(defOf(value as Schema), within)];
  return Object.entries(value).map(([name, part]) => [name, describe(part, within)]);
}

const describeDef = (def: ReturnType<typeof defOf>, above: readonly unknown[]): unknown =>
  def.type === 'lazy'
    ? ['lazy', describe(def.getter(), above)]
    : Object.entries(def).map(([name, part]) => [name, describe(part, above)]);
