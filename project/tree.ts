/** Where something stands in a file. Line and column from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A YAML document whose every part knows its place, so that layers can be merged and still be pointed at. */
export type Tree = TreeMap | TreeList | TreeScalar;

export interface TreeMap {
  readonly type: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, TreeEntry>;
}

export interface TreeEntry {
  /** Of the key. */
  readonly place: Place;
  readonly value: Tree;
}

export interface TreeList {
  readonly type: 'list';
  readonly place: Place;
  readonly items: readonly Tree[];
}

export interface TreeScalar {
  readonly type: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** As written. */
  readonly source: string;
  /** Without quotes: its type follows from its looks. */
  readonly plain: boolean;
  /** Variables that went into it. */
  readonly variables?: readonly string[];
  /** A variable of it is missing, which has been said: its value is not looked at. */
  readonly broken?: boolean;
}

export type TreePath = readonly PropertyKey[];

/** The overlay wins key by key; a key that it sets to null is removed. Lists are replaced as a whole. */
export function mergeTrees(base: Tree, overlay: Tree): Tree {
  if (base.type !== 'map' || overlay.type !== 'map') return overlay;
  const entries = new Map(base.entries);
  for (const [key, entry] of overlay.entries) {
    const below = entries.get(key);
    if (entry.value.type === 'scalar' && entry.value.value === null) entries.delete(key);
    else entries.set(key, below ? { place: entry.place, value: mergeTrees(below.value, entry.value) } : entry);
  }
  return { type: 'map', place: base.place, entries };
}

/** The plain value, for schemas. */
export function treeValue(tree: Tree): unknown {
  if (tree.type === 'scalar') return tree.value;
  if (tree.type === 'list') return tree.items.map(treeValue);
  return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, treeValue(value)]));
}

/** The part at a path; undefined when a step is absent. */
export function treeAt(tree: Tree, path: TreePath): Tree | undefined {
  let at: Tree | undefined = tree;
  for (const step of path) {
    if (at?.type === 'map') at = at.entries.get(String(step))?.value;
    else if (at?.type === 'list') at = at.items[Number(step)];
    else return undefined;
  }
  return at;
}

/** The place of the key that the path ends in, or of its nearest parent that is there. */
export function treePlace(tree: Tree, path: TreePath): Place {
  let at: Tree = tree;
  let place = tree.place;
  for (const step of path) {
    if (at.type === 'map') {
      const entry = at.entries.get(String(step));
      if (!entry) return place;
      place = entry.place;
      at = entry.value;
    } else if (at.type === 'list') {
      const item: Tree | undefined = at.items[Number(step)];
      if (!item) return place;
      place = item.place;
      at = item;
    } else return place;
  }
  return place;
}

/** Every scalar with its path, depth first. */
export function* treeScalars(
  tree: Tree,
  path: readonly string[] = [],
): Generator<{ path: readonly string[]; scalar: TreeScalar }> {
  if (tree.type === 'scalar') yield { path, scalar: tree };
  else if (tree.type === 'list')
    for (const [index, item] of tree.items.entries()) yield* treeScalars(item, [...path, String(index)]);
  else for (const [key, { value }] of tree.entries) yield* treeScalars(value, [...path, key]);
}
