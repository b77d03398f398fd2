import { definitionError } from './definition.ts';
import { EXPR, type Node, nodeOf, ruleOf } from './node.ts';
import type { Expr } from './types.ts';

/** An expression of a node that is no field: the result of a rule, a default, a list. */
export const expr = <T>(node: Node): Expr<T> => ({ [EXPR]: node }) as unknown as Expr<T>;

/** The node of whatever a mapping function may give: expressions, constants, and objects and lists of them. */
export function toNode(value: unknown): Node {
  const recorded = nodeOf(value);
  if (recorded) return recorded;
  if (Array.isArray(value)) return { kind: 'list', items: value.map(toNode) };
  if (value === null || typeof value !== 'object') return constant(value);
  if (ruleOf(value)) throw definitionError('a rule stands where a value is expected: apply it with `to(field, rule)`');
  if (value instanceof Date) return { kind: 'constant', value: new Date(value) };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw definitionError('a mapping may hold plain objects, lists and simple values only, not instances of a class');
  return { kind: 'object', fields: Object.entries(value).map(([name, part]) => [name, toNode(part)] as const) };
}

function constant(value: unknown): Node {
  if (typeof value === 'function')
    throw definitionError('a function stands where a value is expected: wrap it with `rule` and apply it with `to`');
  if (typeof value === 'symbol' || typeof value === 'bigint')
    throw definitionError(`a constant of type ${typeof value} cannot be written as JSON`);
  if (typeof value === 'number' && !Number.isFinite(value))
    throw definitionError(`the constant ${value} cannot be written as JSON`);
  return { kind: 'constant', value };
}
