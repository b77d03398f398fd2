import { nodeKinds } from './kinds.ts';
import type { Mapping, Recorded } from './mapping.ts';
import type { Kind, Node } from './node.ts';
import { perObject } from './per-object.ts';
import { conditionsOn, parts, sourcePath } from './words.ts';

const leaves: ReadonlySet<Kind> = new Set<Kind>(['text', 'number', 'boolean', 'null', 'missing']);
const lists: ReadonlySet<Kind> = new Set<Kind>(['list', 'null', 'missing']);

/** A mapping as far as it matters here. */
type Reader = Pick<Mapping, 'from'> & { readonly recorded?: Pick<Recorded, 'tree' | 'where'> };

/**
 * Whether a mapping takes nothing of the record but single values that the schema knows. Then fields that the schema does
 * not have cannot reach what it makes, whether they were left out before or not. Found out once for each mapping.
 */
export const readsOnlyLeaves = perObject(({ recorded, from }: Reader): boolean => {
  const isOnly = (kinds: ReadonlySet<Kind>, node: Node): boolean =>
    sourcePath(node) !== undefined &&
    [...nodeKinds(node, from)].every((kind) => kinds.has(kind)) &&
    conditionsOn(node).every(isFine);
  const isFine = (node: Node): boolean => {
    if (node.kind === 'each') return isOnly(lists, node.input) && isFine(node.item);
    if (sourcePath(node) !== undefined) return isOnly(leaves, node);
    return node.kind !== 'field' && node.kind !== 'first' && node.kind !== 'filter' && parts(node).every(isFine);
  };
  return recorded !== undefined && isFine(recorded.tree) && (recorded.where === undefined || isFine(recorded.where));
});
