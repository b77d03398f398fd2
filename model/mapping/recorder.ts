import type { z } from 'zod';
import { definitionError } from './definition.ts';
import { EXPR, type Node } from './node.ts';
import { expr, toNode } from './recorded.ts';
import { childSchema, kindsOf, type Schema } from './schema.ts';
import type { Expr, Ref } from './types.ts';

/** One recording: it numbers the lists that are walked over, so that an item knows which list it is of. */
interface Recording {
  scopes: number;
}

/** The record as the mapping function sees it. */
export function recorderOf<S extends z.ZodType>(schema: S): Ref<z.output<S>> {
  const source: Node = { kind: 'source', scope: 0, at: [] };
  return recorder(source, schema, [], { scopes: 0 }) as Ref<z.output<S>>;
}

function recorder(node: Node, schema: Schema | undefined, at: readonly string[], recording: Recording): unknown {
  const lists = listParts(node, schema, at, recording);
  return new Proxy(Object.freeze({}), {
    get(_target, key) {
      if (key === EXPR) return node;
      if (key === Symbol.toPrimitive) return () => refuseComputation(at);
      if (typeof key === 'symbol') return undefined;
      const own = schema && childSchema(schema, key, 'out');
      if (!own && Object.hasOwn(lists, key)) return lists[key];
      return recorder({ kind: 'field', input: node, name: key }, own, [...at, key], recording);
    },
    has: (_target, key) => key === EXPR,
  });
}

/** What a list offers, beside its items by number. A value of unknown type may be a list too. */
function listParts(
  node: Node,
  schema: Schema | undefined,
  at: readonly string[],
  recording: Recording,
): Readonly<Record<string, unknown>> {
  const kinds = schema ? kindsOf(schema, 'out') : undefined;
  if (kinds && !kinds.has('list') && !kinds.has('unknown')) return {};
  const itemAt = [...at, '*'];
  const itemSchema = schema && childSchema(schema, '*', 'out');
  const walk = <T>(give: (scope: number, item: unknown) => T): T => {
    recording.scopes += 1;
    const scope = recording.scopes;
    return give(scope, recorder({ kind: 'source', scope, at: itemAt }, itemSchema, itemAt, recording));
  };
  return {
    each: (make: (item: unknown) => unknown): Expr<unknown> =>
      walk((scope, item) => expr({ kind: 'each', input: node, scope, item: toNode(make(item)) })),
    filter: (holds: (item: unknown) => unknown) =>
      walk((scope, item) => {
        const condition = toNode(holds(item));
        return recorder({ kind: 'filter', input: node, scope, condition }, schema, at, recording);
      }),
    first: () => recorder({ kind: 'first', input: node }, itemSchema, itemAt, recording),
  };
}

function refuseComputation(at: readonly string[]): never {
  throw definitionError(
    `\`${at.join('.') || 'record'}\` is recorded, not run: it has no value yet to compute with. Use a rule: \`to(field, rule)\``,
  );
}
