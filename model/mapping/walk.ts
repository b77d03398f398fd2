import type { Mapped, Recorded } from './mapping.ts';
import { type Node, rejectionOf } from './node.ts';
import { pathText } from './path.ts';
import { filteredWords, ruleWords, sourcePath } from './words.ts';

/** What became of one destination field of one record. */
export interface FieldLineage {
  /** With the number of the item where it lies in a list: `/lines/0/sku`. */
  readonly field: string;
  readonly from: readonly { readonly path: string; readonly value: unknown }[];
  /** Each rule in the order applied, in words, with the value after it. */
  readonly steps: readonly { readonly words: string; readonly value: unknown }[];
  /** Undefined when the field is left out, or rejected. */
  readonly after: unknown;
  readonly rejected?: { readonly rule: string; readonly reason: string };
}

export interface Explanation {
  /** The same as the compiled mapping answers. */
  readonly mapped: Mapped;
  /** Empty for a record that `where` filtered. */
  readonly fields: readonly FieldLineage[];
}

/**
 * Maps one record by walking over the tree, noting every step. Slow, and independent of the compiled form: a test
 * holds the two against each other. Goes on after a rejection, so that a person sees every field at once.
 */
export function explain(recorded: Pick<Recorded, 'tree' | 'where'>, record: unknown): Explanation {
  const items = new Map<number, unknown>([[0, record]]);
  const notes: Notes = { fields: [], first: undefined };
  if (recorded.where) {
    const { where } = recorded;
    const filter = attempt(() => evaluate(where, { items, field: ['where'], trace: newTrace() }));
    if (filter.stop) return { mapped: filter.stop.mapped, fields: [] };
    if (filter.value !== true) return { mapped: { state: 'filtered', reason: filteredWords(where) }, fields: [] };
  }
  const made = descend(recorded.tree, items, { field: [], shown: [] }, notes);
  return { mapped: notes.first ?? { state: 'mapped', record: made }, fields: notes.fields };
}

interface Notes {
  readonly fields: FieldLineage[];
  first: Mapped | undefined;
}

interface Trace {
  readonly from: Map<string, unknown>;
  readonly steps: { words: string; value: unknown }[];
}

interface Context {
  readonly items: ReadonlyMap<number, unknown>;
  readonly field: readonly string[];
  readonly trace: Trace;
}

interface Place {
  readonly field: readonly string[];
  /** The same with the numbers of list items. */
  readonly shown: readonly string[];
}

/** The source schema has let it pass, so it is not one that knows lists. */
const NOT_A_LIST = 'not a list';

const newTrace = (): Trace => ({ from: new Map(), steps: [] });

/** Ends the evaluation of one field. */
class Stop extends Error {
  readonly mapped: Mapped & { state: 'rejected' };
  constructor(field: readonly string[], rule: string, reason: string) {
    super(reason);
    this.mapped = { state: 'rejected', reason, field: pathText(field), rule };
  }
}

function attempt(work: () => unknown): { value?: unknown; stop?: Stop } {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof Stop) return { stop: error };
    throw error;
  }
}

/** Down to the fields of objects and of list items, each of which gets its own lineage. */
function descend(node: Node, items: ReadonlyMap<number, unknown>, place: Place, notes: Notes): unknown {
  const below = (step: string, shown = step): Place => ({
    field: [...place.field, step],
    shown: [...place.shown, shown],
  });
  if (node.kind === 'object') return objectOf(node.fields, (name, part) => descend(part, items, below(name), notes));
  if (node.kind === 'list') return node.items.map((item, index) => descend(item, items, below(String(index)), notes));
  if (node.kind !== 'each') return leaf(node, items, place, notes);
  const list = leaf(node.input, items, place, notes, true);
  if (!Array.isArray(list)) {
    if (!isMissing(list)) notes.first ??= new Stop(place.field, 'each', NOT_A_LIST).mapped;
    return list;
  }
  return list
    .map((item, index) => descend(node.item, new Map([...items, [node.scope, item]]), below('*', String(index)), notes))
    .filter((item) => item !== undefined);
}

/** `silent` notes a rejection only: the list itself is not a field, its items' fields are. */
function leaf(node: Node, items: ReadonlyMap<number, unknown>, place: Place, notes: Notes, silent = false): unknown {
  const trace = newTrace();
  const { value, stop } = attempt(() => evaluate(node, { items, field: place.field, trace }));
  notes.first ??= stop?.mapped;
  if (!silent || stop || !Array.isArray(value) || value.length === 0)
    notes.fields.push({
      field: pathText(place.shown),
      from: [...trace.from].map(([path, read]) => ({ path, value: read })),
      steps: trace.steps,
      after: silent && Array.isArray(value) ? [] : value,
      ...(stop && { rejected: { rule: stop.mapped.rule, reason: stop.mapped.reason } }),
    });
  return value;
}

function objectOf(fields: readonly (readonly [string, Node])[], give: (name: string, node: Node) => unknown): object {
  const made = fields.map(([name, node]) => [name, give(name, node)] as const);
  return Object.fromEntries(made.filter(([, value]) => value !== undefined));
}

const isMissing = (value: unknown): value is null | undefined => value === null || value === undefined;

function evaluate(node: Node, context: Context): unknown {
  const within = (step: string): Context => ({ ...context, field: [...context.field, step] });
  switch (node.kind) {
    case 'source':
      return context.items.get(node.scope);
    case 'field':
      return readField(node, context);
    case 'constant':
      return node.value;
    case 'object':
      return objectOf(node.fields, (name, part) => evaluate(part, within(name)));
    case 'list':
      return node.items.map((item, index) => evaluate(item, within(String(index))));
    case 'apply':
      return applyRule(node, context);
    case 'or': {
      const value = evaluate(node.input, context);
      return isMissing(value) ? noted('the default', evaluate(node.fallback, context), context) : value;
    }
    case 'orReject': {
      const value = evaluate(node.input, context);
      if (isMissing(value)) throw new Stop(context.field, 'orReject', node.reason);
      return value;
    }
    case 'orOmit':
      return evaluate(node.input, context) ?? undefined;
    case 'when':
      return evaluate(evaluate(node.condition, context) === true ? node.yes : node.no, context);
    case 'each':
      return overItems(node, context, (item) => evaluate(node.item, { ...within('*'), items: item }))?.made;
    case 'filter': {
      const held = overItems(node, context, (item) => evaluate(node.condition, { ...context, items: item }), true);
      return held?.made;
    }
    case 'first': {
      const list = evaluate(node.input, context);
      return isMissing(list) ? undefined : (list as readonly unknown[])[0];
    }
  }
}

function readField(node: Node & { kind: 'field' }, context: Context): unknown {
  // Of `/customer/email` the e-mail is what was read, not the customer on the way to it.
  const onTheWay = sourcePath(node.input) !== undefined;
  const holder = evaluate(node.input, onTheWay ? { ...context, trace: newTrace() } : context);
  const value =
    !isMissing(holder) && Object.hasOwn(Object(holder), node.name)
      ? (holder as Record<string, unknown>)[node.name]
      : undefined;
  const path = sourcePath(node);
  if (path) context.trace.from.set(pathText(path), value);
  return value;
}

function noted(words: string, value: unknown, context: Context): unknown {
  context.trace.steps.push({ words, value });
  return value;
}

function applyRule(node: Node & { kind: 'apply' }, context: Context): unknown {
  const input = evaluate(node.input, context);
  if (node.skipMissing && isMissing(input)) return input;
  const args = node.rule.args.map((arg) => evaluate(arg, context));
  const result = callRule(node, [input, ...args], context);
  const reason = rejectionOf(result);
  if (reason !== undefined) throw new Stop(context.field, node.rule.name, reason);
  return noted(ruleWords(node.rule), result, context);
}

/** The error's message may hold the value, so only its name is told. */
function callRule(node: Node & { kind: 'apply' }, values: readonly unknown[], context: Context): unknown {
  const run = node.rule.run as (...values: readonly unknown[]) => unknown;
  try {
    return run(...values);
  } catch (error) {
    const name = error instanceof Error ? error.constructor.name : 'a value that is no error';
    throw new Stop(context.field, node.rule.name, `the rule itself failed (${name})`);
  }
}

function overItems(
  node: Node & { kind: 'each' | 'filter' },
  context: Context,
  give: (items: ReadonlyMap<number, unknown>) => unknown,
  filter = false,
): { made: unknown } | undefined {
  const list = evaluate(node.input, context);
  if (isMissing(list)) return { made: list };
  if (!Array.isArray(list)) throw new Stop(context.field, node.kind, NOT_A_LIST);
  const made: unknown[] = [];
  for (const item of list as readonly unknown[]) {
    const value = give(new Map([...context.items, [node.scope, item]]));
    if (filter ? value === true : value !== undefined) made.push(filter ? item : value);
  }
  return { made };
}
