import type { Kind, Node } from './node.ts';
import { childSchema, kindsOf, kindsOfValue, type Schema } from './schema.ts';
import { sourcePath } from './words.ts';

export type Kinds = ReadonlySet<Kind>;

/** What the value of a node can be, as far as the source schema and the rules tell. */
export function nodeKinds(node: Node, from: Schema): Kinds {
  const path = sourcePath(node);
  if (path) return pathKinds(path, from, holdsFirst(node));
  switch (node.kind) {
    case 'constant':
      return kindsOfValue(node.value);
    case 'object':
      return new Set<Kind>(['object']);
    case 'list':
      return new Set<Kind>(['list']);
    case 'apply': {
      const given = new Set<Kind>(node.rule.gives ?? ['unknown']);
      return node.skipMissing ? new Set([...given, ...absent(nodeKinds(node.input, from))]) : given;
    }
    case 'or':
      return new Set([...present(nodeKinds(node.input, from)), ...nodeKinds(node.fallback, from)]);
    case 'orReject':
      return present(nodeKinds(node.input, from));
    case 'orOmit': {
      const kinds = nodeKinds(node.input, from);
      return absent(kinds).size > 0 ? new Set<Kind>([...present(kinds), 'missing']) : kinds;
    }
    case 'when':
      return new Set([...nodeKinds(node.yes, from), ...nodeKinds(node.no, from)]);
    case 'each':
      return new Set<Kind>(['list', ...absent(nodeKinds(node.input, from))]);
    default:
      return new Set<Kind>(['unknown']);
  }
}

const isAbsent = (kind: Kind): boolean => kind === 'null' || kind === 'missing';
export const absent = (kinds: Kinds): Kinds => new Set([...kinds].filter(isAbsent));
export const present = (kinds: Kinds): Kinds => new Set([...kinds].filter((kind) => !isAbsent(kind)));

/** Of an empty list there is no first item. */
const holdsFirst = (node: Node): boolean =>
  node.kind === 'first' || ((node.kind === 'field' || node.kind === 'filter') && holdsFirst(node.input));

/** Behind a value that may be null or missing, everything may be missing; behind an item of a list it is there. */
function pathKinds(path: readonly string[], from: Schema, mayBeMissing: boolean): Kinds {
  let at: Schema | undefined = from;
  let missing = mayBeMissing;
  for (const step of path) {
    const above = at && kindsOf(at, 'out');
    if (step !== '*' && above && absent(above).size > 0) missing = true;
    at = at && childSchema(at, step, 'out');
  }
  const kinds: Kinds = at ? kindsOf(at, 'out') : new Set<Kind>(['unknown']);
  return missing ? new Set<Kind>([...kinds, 'missing']) : kinds;
}
