import type { Mapping } from './mapping.ts';
import type { Node } from './node.ts';
import { perObject } from './per-object.ts';
import { childSchema, defOf, kindsOf, type Schema, type Side, wrapped } from './schema.ts';
import { conditionsOn, parts, sourcePath, usedPaths } from './words.ts';

type Path = readonly string[];

/**
 * Whether a schema takes texts and numbers alike at a place, such as within `z.json()` or `z.unknown()`, and nothing of
 * the project's own looks at the value. There a number may be carried as a marked text without anybody noticing.
 */
export function isOpen(schema: Schema, path: Path, side: Side): boolean {
  let at: Schema | undefined = schema;
  for (const step of path) {
    const found: Schema | undefined = at && straight(at, side);
    if (found && isAny(found)) return true;
    at = found && childSchema(found, step, side);
  }
  const found = at && straight(at, side);
  if (!found) return false;
  const kinds = kindsOf(found, side);
  return isAny(found) || (defOf(found).type === 'union' && kinds.has('text') && kinds.has('number'));
}

const isAny = (schema: Schema): boolean => ['any', 'unknown'].includes(defOf(schema).type);

/** The schema without its wrappers; undefined when one of them transforms the value by code of the project. */
function straight(schema: Schema, side: Side): Schema | undefined {
  const { type } = defOf(schema);
  if (type === 'pipe' || type === 'transform' || type === 'custom') return undefined;
  const within = wrapped(schema, side);
  return within ? straight(within, side) : schema;
}

interface Uses {
  /** Paths whose values become part of the record as they are. */
  readonly moved: readonly Path[];
  /** Paths whose values a rule or condition reads. */
  readonly read: readonly Path[];
}

/** Whether a mapping carries what stands at a path of the source unseen, or a rule reads it. */
export function useOf(mapping: Mapping, path: Path): 'moved' | 'read' | 'unused' {
  const { moved, read } = usesOf(mapping);
  if (read.some((other) => isWithin(path, other) || isWithin(other, path))) return 'read';
  return moved.some((other) => isWithin(path, other)) ? 'moved' : 'unused';
}

/** Whether one path is the other or leads on from it; `*` stands for each item of a list. */
const isWithin = (path: Path, other: Path): boolean =>
  other.every((step, index) => step === path[index] || (step === '*' && /^\d+$/.test(path[index] ?? '')));

const usesOf = perObject(({ recorded }: Pick<Mapping, 'recorded'>): Uses => {
  const uses: { moved: Path[]; read: Path[] } = { moved: [], read: [] };
  const isRead = (nodes: readonly Node[]): void => {
    for (const node of nodes) uses.read.push(...usedPaths(node));
  };
  const visit = (node: Node): void => {
    const path = sourcePath(node);
    if (path !== undefined) {
      uses.moved.push(path);
      isRead(conditionsOn(node));
    } else if (node.kind === 'apply') isRead(parts(node));
    else if (node.kind === 'when') {
      isRead([node.condition]);
      for (const part of [node.yes, node.no]) visit(part);
    } else if (node.kind === 'each') {
      isRead(conditionsOn(node.input));
      visit(node.item);
    } else for (const part of parts(node)) visit(part);
  };
  if (recorded) visit(recorded.tree);
  if (recorded?.where) isRead([recorded.where]);
  return uses;
});
