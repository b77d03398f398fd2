import { definitionError } from './definition.ts';
import { type Node, ruleOf } from './node.ts';
import { expr, toNode } from './recorded.ts';
import { builtIn } from './rule.ts';
import type { Expr, Given, Plain, Rule } from './types.ts';

type Absent<T> = Extract<T, null | undefined>;

/** Applies rules to a value, one after the other. A rule that does not take null needs `or`, `orReject` or `toIfPresent`. */
export function to<T, A>(value: Expr<T>, a: Rule<T, A>): Expr<A>;
export function to<T, A, B>(value: Expr<T>, a: Rule<T, A>, b: Rule<A, B>): Expr<B>;
export function to<T, A, B, C>(value: Expr<T>, a: Rule<T, A>, b: Rule<A, B>, c: Rule<B, C>): Expr<C>;
export function to<T, A, B, C, D>(value: Expr<T>, a: Rule<T, A>, b: Rule<A, B>, c: Rule<B, C>, d: Rule<C, D>): Expr<D>;
export function to(value: unknown, ...rules: unknown[]): Expr<unknown> {
  return chain(value, rules, false);
}

/** Like `to`, but a value that is null or missing, at the start or on the way, stays so and skips the rules. */
export function toIfPresent<T, A>(value: Expr<T>, a: Rule<NonNullable<T>, A>): Expr<A | Absent<T>>;
export function toIfPresent<T, A, B>(
  value: Expr<T>,
  a: Rule<NonNullable<T>, A>,
  b: Rule<NonNullable<A>, B>,
): Expr<B | Absent<T | A>>;
export function toIfPresent<T, A, B, C>(
  value: Expr<T>,
  a: Rule<NonNullable<T>, A>,
  b: Rule<NonNullable<A>, B>,
  c: Rule<NonNullable<B>, C>,
): Expr<C | Absent<T | A | B>>;
export function toIfPresent<T, A, B, C, D>(
  value: Expr<T>,
  a: Rule<NonNullable<T>, A>,
  b: Rule<NonNullable<A>, B>,
  c: Rule<NonNullable<B>, C>,
  d: Rule<NonNullable<C>, D>,
): Expr<D | Absent<T | A | B | C>>;
export function toIfPresent(value: unknown, ...rules: unknown[]): Expr<unknown> {
  return chain(value, rules, true);
}

function chain(value: unknown, rules: readonly unknown[], skipMissing: boolean): Expr<unknown> {
  let node = toNode(value);
  for (const given of rules) {
    const rule = ruleOf(given);
    if (!rule) throw definitionError('`to` takes rules: wrap a function with `rule(name, words, fn)`');
    if (rule.run.length > 1 + rule.args.length && rule.args.length === 0)
      throw definitionError(`the rule \`${rule.name}\` takes arguments: give them with \`.with(…)\``);
    node = { kind: 'apply', input: node, rule, skipMissing };
  }
  return expr(node);
}

/** Missing or null becomes `fallback`: a constant, or another field. */
export function or<T, U>(value: Expr<T>, fallback: Expr<U>): Expr<NonNullable<T> | U>;
export function or<T, const U>(value: Expr<T>, fallback: U): Expr<NonNullable<T> | Plain<U>>;
export function or(value: unknown, fallback: unknown): Expr<unknown> {
  return expr({ kind: 'or', input: toNode(value), fallback: toNode(fallback) });
}

/** Missing or null sets the record aside with this reason. */
export const orReject = <T>(value: Expr<T>, reason: string): Expr<NonNullable<T>> =>
  expr({ kind: 'orReject', input: toNode(value), reason });

/** Missing or null leaves the destination field out; that field has to be optional. */
export const orOmit = <T>(value: Expr<T>): Expr<NonNullable<T> | undefined> =>
  expr({ kind: 'orOmit', input: toNode(value) });

/** One value or the other. Only the chosen one is computed, so that rules of the other cannot reject. */
export const when = <const A, const B>(condition: Expr<boolean>, then: A, otherwise: B): Expr<Plain<A> | Plain<B>> =>
  expr({ kind: 'when', condition: toNode(condition), yes: toNode(then), no: toNode(otherwise) });

/** The parts as one text. Each has to be there. */
export function concat(...parts: readonly Given<string | number | boolean>[]): Expr<string> {
  const [first, ...rest] = parts;
  const rule = ruleOf(
    builtIn<string, string>({
      name: 'concat',
      words: ['joined with', ...rest.map((_part, index) => `{${index}}`)].join(' '),
      run: (...values: (string | number | boolean)[]) => values.join(''),
      args: rest,
      takes: ['text', 'number', 'boolean'],
      gives: ['text'],
    }),
  );
  if (!rule || first === undefined) throw definitionError('`concat` needs at least one part');
  const apply: Node = { kind: 'apply', input: toNode(first), rule, skipMissing: false };
  return expr(apply);
}

/** A text with fields in it: template`${order.first} ${order.last}`. Each has to be there. */
export function template(
  texts: TemplateStringsArray,
  ...values: readonly Given<string | number | boolean>[]
): Expr<string> {
  const parts = texts.flatMap((text, index) => [text, ...values.slice(index, index + 1)]);
  return concat(...parts.filter((part, index) => index === 0 || part !== ''));
}
