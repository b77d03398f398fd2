import { definitionError } from './definition.ts';
import { type Kind, REJECTED, RULE, type RuleSpec } from './node.ts';
import { toNode } from './recorded.ts';
import type { Given, Rejected, Rule } from './types.ts';

/** What a rule answers when it will not have the value. `reason` is fixed text: never put the value into it. */
export const reject = (reason: string): Rejected => ({ [REJECTED]: reason }) as unknown as Rejected;

/** A rule of a mapping's author: a `Rule` when it takes nothing but the value, and in any case one with arguments. */
export type OwnRule<A, P extends unknown[], B> = (P extends [] ? Rule<A, B> : unknown) & {
  /** The rule with its arguments: constants, or fields of the same record. */
  with(...args: { [K in keyof P]: Given<P[K]> }): Rule<A, B>;
};

/**
 * A rule of one's own.
 * @param name what `explain` and the quarantine call it
 * @param words what it does, for people; `{0}`, `{1}` stand for its arguments
 * @param run pure: the same value gives the same answer. No clock, no chance, no input or output. Answers the new value or
 * `reject(reason)`. What it takes from outside belongs into arguments, so that a change of it changes the mapping's version.
 */
export function rule<A, P extends unknown[], R>(
  name: string,
  words: string,
  run: (value: A, ...args: P) => R,
): OwnRule<A, P, Exclude<R, Rejected>> {
  if (name.trim() === '' || words.trim() === '') throw definitionError('a rule needs a name and words');
  const spec: RuleSpec = { name, words, run: run as unknown as RuleSpec['run'], args: [], identity: String(run) };
  const own = {
    [RULE]: spec,
    with: (...args: unknown[]) => asRule({ ...spec, args: args.map(toNode) }),
  };
  return own as unknown as OwnRule<A, P, Exclude<R, Rejected>>;
}

/** What a built-in rule states about itself. */
export interface BuiltIn {
  readonly name: string;
  readonly words: string;
  readonly run: RuleSpec['run'];
  readonly args?: readonly unknown[];
  /** Everything that shapes its behaviour. */
  readonly settings?: unknown;
  /** Raised when the same settings begin to give other results, so that mappings are applied anew. Default 1. */
  readonly revision?: number;
  readonly takes: readonly Kind[];
  readonly gives: readonly Kind[];
  readonly covers?: readonly string[];
}

export function builtIn<A, B>(rule: BuiltIn): Rule<A, B> {
  const { settings, revision = 1, args = [], ...rest } = rule;
  return asRule({
    ...rest,
    args: args.map(toNode),
    identity: `built-in ${revision} ${JSON.stringify(settings ?? null, undeclared)}`,
  });
}

/** Undefined settings must differ from absent ones in no way, and a Rejected in the settings counts by its reason. */
const undeclared = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && REJECTED in value ? { rejects: value[REJECTED] } : value;

const asRule = <A, B>(spec: RuleSpec): Rule<A, B> => ({ [RULE]: spec }) as unknown as Rule<A, B>;
