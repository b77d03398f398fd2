import type { z } from 'zod';
import { compile } from './compile.ts';
import { definitionError } from './definition.ts';
import type { Mapping, Sample } from './mapping.ts';
import type { Node } from './node.ts';
import { toNode } from './recorded.ts';
import { recorderOf } from './recorder.ts';
import type { Expr, NothingElse, Ref, Shape, SourceField } from './types.ts';
import { treeVersion, versionOf } from './version.ts';
import { explain } from './walk.ts';

export interface MapOptions<S extends z.ZodType, D extends z.ZodType> {
  /** Records for which this is false are counted as `filtered` and go no further. Default: none are. */
  readonly where?: (record: Ref<z.output<S>>) => Expr<boolean>;
  /** Source fields that are deliberately not used; any other that is not used is an error of `syncline check`. */
  readonly unused?: readonly SourceField<S>[];
  /** Records with what has to come of them; `syncline check` tries them, `syncline docs` shows them. */
  readonly samples?: readonly Sample<z.input<S>, z.output<D>>[];
}

/**
 * A mapping from one shape to another. `make` runs once, now, on a record that only records which field becomes
 * which: what it gives is compiled to a function, and documented, explained and versioned from the same lines.
 */
export function map<S extends z.ZodType, D extends z.ZodType, const R extends Shape<z.input<D>>>(
  from: S,
  to: D,
  make: (record: Ref<z.output<S>>) => R & NothingElse<R, z.input<D>>,
  options: MapOptions<S, D> = {},
): Mapping<S, D> {
  const record = (): { tree: Node; where?: Node } => {
    const tree = toNode(make(recorderOf(from)));
    return options.where ? { tree, where: toNode(options.where(recorderOf(from))) } : { tree };
  };
  const trees = record();
  if (trees.tree.kind === 'constant') throw definitionError('a mapping has to give an object');
  const recorded = {
    ...trees,
    unused: [...(options.unused ?? [])],
    samples: [...(options.samples ?? [])],
    repeatable: treeVersion(trees) === treeVersion(record()),
  };
  const run = compile(recorded, (source) => explain(recorded, source).mapped);
  return { from, to, version: versionOf(from, to, recorded), run, recorded };
}
