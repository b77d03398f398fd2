import { kindWords, undecidedProblem } from './destination-problems.ts';
import { absent, nodeKinds } from './kinds.ts';
import type { Recorded } from './mapping.ts';
import type { MappingProblem } from './mapping-problem.ts';
import type { Node } from './node.ts';
import { pathText } from './path.ts';
import { bare, defOf, type Schema, schemaAt } from './schema.ts';
import { parts, sourcePath } from './words.ts';

type Apply = Node & { kind: 'apply' };

/** Holds every rule against the value it is given. */
export function ruleProblems(recorded: Recorded, from: Schema): readonly MappingProblem[] {
  const found: MappingProblem[] = [];
  const visit = (node: Node, field: readonly string[]): void => {
    if (node.kind === 'apply') found.push(...applyProblems(node, from, pathText(field)));
    if (node.kind === 'when' || node.kind === 'filter')
      found.push(...conditionProblems(node.condition, from, pathText(field)));
    if (node.kind === 'object') for (const [name, part] of node.fields) visit(part, [...field, name]);
    else if (node.kind === 'each') {
      visit(node.input, field);
      visit(node.item, [...field, '*']);
    } else for (const part of parts(node)) visit(part, field);
  };
  visit(recorded.tree, []);
  if (recorded.where) {
    visit(recorded.where, ['where']);
    found.push(...conditionProblems(recorded.where, from, 'where'));
  }
  return found;
}

const applyProblems = (node: Apply, from: Schema, field: string): readonly MappingProblem[] => [
  ...takesProblems(node, from, field),
  ...coverProblems(node, from, field),
  ...comparisonProblems(node, from, field),
  ...repeatableProblems(node, field),
];

function takesProblems(node: Apply, from: Schema, field: string): readonly MappingProblem[] {
  const { takes, name } = node.rule;
  if (!takes) return [];
  const given = nodeKinds(node.input, from);
  const missing = node.skipMissing ? [] : [...absent(given)].filter((kind) => !takes.includes(kind));
  if (missing.length > 0) return [undecidedProblem(field, missing)];
  const wrong = [...given].filter((kind) => !takes.includes(kind) && !['unknown', 'null', 'missing'].includes(kind));
  if (wrong.length === 0) return [];
  const money = name === 'minorUnits' && wrong.includes('number') ? moneyHint : '';
  const message = `the rule \`${name}\` takes ${kindWords(takes)}, and is given ${kindWords(wrong)}${money}`;
  return [{ code: 'TYPE_MISMATCH', field, message }];
}

const moneyHint =
  '; an amount as a binary number has no exact decimals: read it as text, or make it one with `decimalOfNumber()`';

function coverProblems(node: Apply, from: Schema, field: string): readonly MappingProblem[] {
  const { covers, name } = node.rule;
  const values = valuesOf(node.input, from);
  if (covers && !values) {
    if (!nodeKinds(node.input, from).has('text')) return [];
    const message = `\`${name}\` is given any text: say with \`otherwise\` what becomes of one that is not in the table`;
    return [{ code: 'ENUM_UNCOVERED', field, message }];
  }
  const uncovered = (values ?? []).filter((value) => covers && !covers.includes(value));
  if (uncovered.length === 0) return [];
  const message = `\`${name}\` says nothing about ${uncovered.map((value) => `"${value}"`).join(', ')}`;
  return [{ code: 'ENUM_UNCOVERED', field, message }];
}

/** The values of an enum that a node reads; undefined when it is no enum. */
function valuesOf(node: Node, from: Schema): readonly string[] | undefined {
  const path = sourcePath(node);
  const schema = path && schemaAt(from, path, 'out');
  return schema && enumValues(bare(schema, 'out'));
}

const comparing = ['equals', 'differs', 'isIn'];

/** A comparison with a value that the enum does not have would never hold, or always. */
function comparisonProblems(node: Apply, from: Schema, field: string): readonly MappingProblem[] {
  const values = comparing.includes(node.rule.name) ? valuesOf(node.input, from) : undefined;
  if (!values) return [];
  const constants = node.rule.args.flatMap((arg) => (arg.kind === 'constant' ? [arg.value].flat() : []));
  const strange = constants.filter((value) => typeof value === 'string' && !values.includes(value));
  if (strange.length === 0) return [];
  const message = `\`${node.rule.name}\` compares with ${strange.map((value) => `"${value}"`).join(', ')}, which is none of ${values.join(', ')}`;
  return [{ code: 'TYPE_MISMATCH', field, message }];
}

function conditionProblems(condition: Node, from: Schema, field: string): readonly MappingProblem[] {
  const wrong = [...nodeKinds(condition, from)].filter((kind) => kind !== 'boolean' && kind !== 'unknown');
  if (wrong.length === 0) return [];
  const message = `a condition has to be true or false, and this is ${kindWords(wrong)}: compare it, for example with \`equals\``;
  return [{ code: 'TYPE_MISMATCH', field, message }];
}

function enumValues(schema: Schema): readonly string[] | undefined {
  const def = defOf(schema);
  if (def.type === 'enum') return Object.values(def.entries).map(String);
  return def.type === 'literal' ? def.values.map(String) : undefined;
}

const varying = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\brandomUUID\b|\bperformance\.now\b|\bprocess\./;

/** Reads the source of a rule, as a clock or chance in it would make an unchanged record look changed each time. */
function repeatableProblems(node: Apply, field: string): readonly MappingProblem[] {
  const found = varying.exec(node.rule.identity);
  if (!found) return [];
  const message = `the rule \`${node.rule.name}\` uses \`${found[0]}\`: the same record would give something else each time`;
  return [{ code: 'NOT_REPEATABLE', field, message }];
}
