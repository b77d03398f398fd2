import { type Node, type RuleSpec, rejectionOf } from './node.ts';
import { pathText } from './path.ts';

/** Where a node reads from, with `*` for the items of a list; undefined when it is no field of the source. */
export function sourcePath(node: Node): readonly string[] | undefined {
  if (node.kind === 'source') return node.at;
  if (node.kind === 'filter') return sourcePath(node.input);
  if (node.kind !== 'field' && node.kind !== 'first') return undefined;
  const above = sourcePath(node.input);
  return above && [...above, node.kind === 'field' ? node.name : '*'];
}

/** The nodes directly below. */
export function parts(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'source':
    case 'constant':
      return [];
    case 'object':
      return node.fields.map(([, field]) => field);
    case 'list':
      return node.items;
    case 'apply':
      return [node.input, ...node.rule.args];
    case 'or':
      return [node.input, node.fallback];
    case 'when':
      return [node.condition, node.yes, node.no];
    case 'each':
      return [node.input, node.item];
    case 'filter':
      return [node.input, node.condition];
    default:
      return [node.input];
  }
}

/** Every source field that the node reads: the whole paths only, not the objects on the way. */
export function sourcesOf(node: Node): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  const visit = (at: Node): void => {
    const path = sourcePath(at);
    if (path && path.length > 0) found.set(pathText(path), path);
    for (const part of path ? conditionsOn(at) : parts(at)) visit(part);
  };
  visit(node);
  return [...found.values()];
}

/** Like `sourcesOf`, but a list that is walked over counts by what is read of its items. */
export function usedPaths(node: Node): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  const visit = (at: Node): void => {
    if (at.kind === 'each') {
      for (const part of [...conditionsOn(at.input), at.item]) visit(part);
      return;
    }
    const path = sourcePath(at);
    if (path && path.length > 0) found.push(path);
    for (const part of path ? conditionsOn(at) : parts(at)) visit(part);
  };
  visit(node);
  return found;
}

/** What a path reads besides itself: the conditions of the filters in it. */
export function conditionsOn(node: Node): readonly Node[] {
  if (node.kind === 'filter') return [node.condition, ...conditionsOn(node.input)];
  return node.kind === 'field' || node.kind === 'first' ? conditionsOn(node.input) : [];
}

/** The rule's words with its arguments filled in. */
export const ruleWords = (rule: RuleSpec): string =>
  rule.words.replace(/\{(\d+)\}/g, (whole, index) => {
    const arg = rule.args[Number(index)];
    return arg ? valueWords(arg) : whole;
  });

/** A value as a phrase: a field or a constant in backticks, anything else in words. */
export function valueWords(node: Node): string {
  const path = sourcePath(node);
  if (path && node.kind !== 'filter') return `\`${pathText(path) || 'the record'}\``;
  switch (node.kind) {
    case 'constant':
      return constantWords(node.value);
    case 'object':
      return 'an object';
    case 'list':
      return node.items.length === 0 ? 'an empty list' : `the list of ${node.items.map(valueWords).join(', ')}`;
    case 'apply':
      return `${valueWords(node.input)} ${ruleWords(node.rule)}`;
    case 'or':
      return `${valueWords(node.input)} or else ${valueWords(node.fallback)}`;
    case 'orReject':
    case 'orOmit':
      return valueWords(node.input);
    case 'when':
      return `${valueWords(node.yes)} when ${valueWords(node.condition)}, otherwise ${valueWords(node.no)}`;
    case 'each':
      return `one for each of ${valueWords(node.input)}`;
    case 'filter':
      return `those of ${valueWords(node.input)} where ${valueWords(node.condition)}`;
    default:
      return 'a value';
  }
}

export function constantWords(value: unknown): string {
  if (value === undefined) return 'nothing';
  const reason = rejectionOf(value);
  if (reason !== undefined) return `a rejection: ${reason}`;
  return `\`${value instanceof Date ? value.toISOString() : JSON.stringify(value)}\``;
}

export const filteredWords = (where: Node): string => `not: ${valueWords(where).replaceAll('`', '')}`;

/** What is done to the value on its way, for the rule column of the document. */
export function transformWords(node: Node): string {
  const steps = stepsOf(node);
  return steps.length === 0 ? 'as it is' : steps.join('; then ');
}

function stepsOf(node: Node): readonly string[] {
  switch (node.kind) {
    case 'apply':
      if (node.input.kind === 'constant') return [valueWords(node)];
      return [...stepsOf(node.input), ruleWords(node.rule)];
    case 'or':
    case 'orReject':
    case 'orOmit':
      return stepsOf(node.input);
    case 'constant':
      return [`always ${constantWords(node.value)}`];
    case 'field':
    case 'source':
      return [];
    case 'first':
      return [...stepsOf(node.input), 'the first'];
    case 'filter':
      return [...stepsOf(node.input), `those where ${valueWords(node.condition)}`];
    case 'each':
      return [...stepsOf(node.input), 'one for each'];
    default:
      return [valueWords(node)];
  }
}
