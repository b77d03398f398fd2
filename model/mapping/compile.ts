import { CodeWriter } from './code-writer.ts';
import type { Mapped, Recorded } from './mapping.ts';
import { type Node, REJECTED } from './node.ts';
import { pathText } from './path.ts';
import { filteredWords } from './words.ts';

type Run = (record: unknown) => Mapped;

/**
 * Straight-line JavaScript from the recorded tree: fields in the order written, rules called directly, nothing
 * allocated but the result. `onThrow` is asked when a rule throws, which is a defect of the rule: it finds out which.
 */
export function compile(recorded: Pick<Recorded, 'tree' | 'where'>, onThrow: Run): Run {
  const out = new CodeWriter();
  out.line('try {');
  if (recorded.where) {
    const holds = value(recorded.where, out, ['where']);
    const filtered = out.bind(Object.freeze({ state: 'filtered', reason: filteredWords(recorded.where) }));
    out.line(`if (${holds} !== true) return ${filtered};`);
  }
  const result = value(recorded.tree, out, []);
  out.line(`return { state: 'mapped', record: ${result} };`);
  out.line('} catch {');
  out.line(`return ${out.bind(onThrow)}(record);`);
  out.line('}');
  // What the lines return is written above, in this file.
  return out.build('record') as Run;
}

type Field = readonly string[];

/** Writes what computes the node; answers the expression that holds its value. `field` is where it goes. */
function value(node: Node, out: CodeWriter, field: Field): string {
  switch (node.kind) {
    case 'source':
      return node.scope === 0 ? 'record' : `item${node.scope}`;
    case 'field':
      return fieldValue(node.input, node.name, out, field);
    case 'constant':
      return constant(node.value, out);
    case 'object':
      return object(node.fields, out, field);
    case 'list':
      return out.keep(`[${node.items.map((item, index) => value(item, out, [...field, String(index)])).join(', ')}]`);
    case 'apply':
      return apply(node, out, field);
    case 'or':
      return orElse(node.input, out, field, (name) => {
        out.line(`${name} = ${value(node.fallback, out, field)};`);
      });
    case 'orReject': {
      const rejected = { state: 'rejected', reason: node.reason, field: pathText(field), rule: 'orReject' };
      const name = out.bind(Object.freeze(rejected));
      return orElse(node.input, out, field, () => out.line(`return ${name};`));
    }
    case 'orOmit':
      return out.keep(`${value(node.input, out, field)} ?? undefined`);
    case 'when':
      return choice(node, out, field);
    case 'each':
    case 'filter':
      return list(node, out, field);
    case 'first':
      return out.keep(`${value(node.input, out, field)}?.[0]`);
  }
}

/** Only a record's own fields count: `toString` is not one. */
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

function fieldValue(input: Node, name: string, out: CodeWriter, field: Field): string {
  const holder = value(input, out, field);
  const access = input.kind === 'source' && input.scope === 0 ? '' : '?.';
  const key = JSON.stringify(name);
  if (!inherited.has(name)) return out.keep(`${holder}${access}[${key}]`);
  return out.keep(`${holder} != null && Object.hasOwn(${holder}, ${key}) ? ${holder}[${key}] : undefined`);
}

function constant(given: unknown, out: CodeWriter): string {
  if (given === undefined) return 'undefined';
  if (typeof given === 'object' && given !== null) return out.bind(given);
  return Object.is(given, -0) ? '-0' : JSON.stringify(given);
}

/** Own and enumerable even for `__proto__`, which a literal would take for the prototype. */
const property = (name: string): string => `[${JSON.stringify(name)}]`;
const literal = (name: string): string => (name === '__proto__' ? property(name) : JSON.stringify(name));

/** A field that may be undefined is set only when it is not, and what follows it is set after it: the order stays. */
function object(fields: readonly (readonly [string, Node])[], out: CodeWriter, field: Field): string {
  const values = fields.map(([name, part]) => ({ name, part, code: value(part, out, [...field, name]) }));
  const firstOpen = values.findIndex(({ part }) => canBeUndefined(part));
  const sure = firstOpen < 0 ? values : values.slice(0, firstOpen);
  const made = out.keep(`{ ${sure.map(({ name, code }) => `${literal(name)}: ${code}`).join(', ')} }`);
  for (const { name, part, code } of values.slice(sure.length)) {
    const set =
      name === '__proto__'
        ? `Object.defineProperty(${made}, ${JSON.stringify(name)}, { value: ${code}, enumerable: true, writable: true, configurable: true });`
        : `${made}${property(name)} = ${code};`;
    out.line(canBeUndefined(part) ? `if (${code} !== undefined) ${set}` : set);
  }
  return made;
}

function canBeUndefined(node: Node): boolean {
  switch (node.kind) {
    case 'constant':
      return node.value === undefined;
    case 'object':
    case 'list':
      return false;
    case 'apply':
      return (
        node.skipMissing || !node.rule.gives || node.rule.gives.some((kind) => kind === 'missing' || kind === 'unknown')
      );
    case 'or':
      return canBeUndefined(node.fallback);
    case 'orReject':
      return false;
    case 'when':
      return canBeUndefined(node.yes) || canBeUndefined(node.no);
    default:
      return true;
  }
}

function apply(node: Node & { kind: 'apply' }, out: CodeWriter, field: Field): string {
  const input = value(node.input, out, field);
  const result = out.name();
  out.line(`let ${result} = ${input};`);
  if (node.skipMissing) out.line(`if (${result} !== null && ${result} !== undefined) {`);
  const args = node.rule.args.map((arg) => value(arg, out, field));
  out.line(`${result} = ${out.bind(node.rule.run)}(${[input, ...args].join(', ')});`);
  const brand = out.bind(REJECTED);
  const where = `field: ${JSON.stringify(pathText(field))}, rule: ${JSON.stringify(node.rule.name)}`;
  out.line(
    `if (typeof ${result} === 'object' && ${result} !== null && ${result}[${brand}] !== undefined) ` +
      `return { state: 'rejected', reason: ${result}[${brand}], ${where} };`,
  );
  if (node.skipMissing) out.line('}');
  return result;
}

function orElse(input: Node, out: CodeWriter, field: Field, otherwise: (name: string) => void): string {
  const given = value(input, out, field);
  const name = out.name();
  out.line(`let ${name} = ${given};`);
  out.line(`if (${name} === null || ${name} === undefined) {`);
  otherwise(name);
  out.line('}');
  return name;
}

function choice(node: Node & { kind: 'when' }, out: CodeWriter, field: Field): string {
  const condition = value(node.condition, out, field);
  const name = out.name();
  out.line(`let ${name};`);
  out.line(`if (${condition} === true) {`);
  out.line(`${name} = ${value(node.yes, out, field)};`);
  out.line('} else {');
  out.line(`${name} = ${value(node.no, out, field)};`);
  out.line('}');
  return name;
}

function list(node: Node & { kind: 'each' | 'filter' }, out: CodeWriter, field: Field): string {
  const given = value(node.input, out, field);
  const [name, index, item] = [out.name(), out.name(), `item${node.scope}`];
  out.line(`let ${name} = ${given};`);
  out.line(`if (${name} !== null && ${name} !== undefined) {`);
  const notList = { state: 'rejected', reason: 'not a list', field: pathText(field), rule: node.kind };
  out.line(`if (!Array.isArray(${given})) return ${out.bind(Object.freeze(notList))};`);
  out.line(`${name} = [];`);
  out.line(`for (let ${index} = 0; ${index} < ${given}.length; ${index}++) {`);
  out.line(`const ${item} = ${given}[${index}];`);
  if (node.kind === 'each') {
    const made = value(node.item, out, [...field, '*']);
    out.line(`if (${made} !== undefined) ${name}.push(${made});`);
  } else out.line(`if (${value(node.condition, out, field)} === true) ${name}.push(${item});`);
  out.line('}');
  out.line('}');
  return name;
}
