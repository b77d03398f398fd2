/**
 * The recorded tree of a mapping: plain data, but for the functions of its rules. Everything that Syncline knows
 * about a mapping (compiled form, document, lineage, version, problems) is computed from it.
 */
export type Node =
  /** The record (scope 0) or one item of a list that `each` or `filter` walks over. `at` is its path from the record. */
  | { readonly kind: 'source'; readonly scope: number; readonly at: readonly string[] }
  | { readonly kind: 'field'; readonly input: Node; readonly name: string }
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'object'; readonly fields: readonly (readonly [string, Node])[] }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  /** `skipMissing`: null and undefined pass through without the rule. */
  | { readonly kind: 'apply'; readonly input: Node; readonly rule: RuleSpec; readonly skipMissing: boolean }
  | { readonly kind: 'or'; readonly input: Node; readonly fallback: Node }
  | { readonly kind: 'orReject'; readonly input: Node; readonly reason: string }
  | { readonly kind: 'orOmit'; readonly input: Node }
  | { readonly kind: 'when'; readonly condition: Node; readonly yes: Node; readonly no: Node }
  | { readonly kind: 'each'; readonly input: Node; readonly scope: number; readonly item: Node }
  | { readonly kind: 'filter'; readonly input: Node; readonly scope: number; readonly condition: Node }
  | { readonly kind: 'first'; readonly input: Node };

/** What a value can be, as far as a schema or a rule tells. `missing` is an absent field. */
export type Kind = 'text' | 'number' | 'boolean' | 'date' | 'list' | 'object' | 'null' | 'missing' | 'unknown';

/** A rule as the tree keeps it. */
export interface RuleSpec {
  readonly name: string;
  /** What it does, for people; `{0}`, `{1}` stand for its arguments. */
  readonly words: string;
  /** Pure. Answers the new value, or what `reject` gave. */
  readonly run: (value: never, ...args: never[]) => unknown;
  readonly args: readonly Node[];
  /** Goes into the mapping's version: settings and revision of a built-in rule, the source text of one's own. */
  readonly identity: string;
  /** Unset when the rule does not say. */
  readonly takes?: readonly Kind[];
  readonly gives?: readonly Kind[];
  /** The only texts that the rule accepts. */
  readonly covers?: readonly string[];
}

/**
 * Brands, in the registry that all copies of this module share: a project may load its own copy of Syncline, and
 * what it records must be understood by ours.
 */
export const EXPR = Symbol.for('syncline.expr');
export const RULE = Symbol.for('syncline.rule');
export const REJECTED = Symbol.for('syncline.rejected');

type Branded = Readonly<Record<symbol, unknown>>;

const isBranded = (value: unknown, brand: symbol): value is Branded =>
  typeof value === 'object' && value !== null && (value as Branded)[brand] !== undefined;

/** The node behind a recorded expression; undefined for anything else. */
export const nodeOf = (value: unknown): Node | undefined =>
  isBranded(value, EXPR) ? (value[EXPR] as Node) : undefined;

/** The rule behind what `rule` or a built-in gave; undefined for anything else. */
export const ruleOf = (value: unknown): RuleSpec | undefined =>
  typeof value === 'object' && value !== null && RULE in value ? (value[RULE] as RuleSpec) : undefined;

/** The reason of a rejection; undefined for any other value. */
export const rejectionOf = (value: unknown): string | undefined =>
  isBranded(value, REJECTED) ? (value[REJECTED] as string) : undefined;
