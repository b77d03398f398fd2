import fc from 'fast-check';
import { compile } from '../../model/mapping/compile.ts';
import type { Node, RuleSpec } from '../../model/mapping/node.ts';
import { reject } from '../../model/mapping/rule.ts';
import { treeVersion } from '../../model/mapping/version.ts';
import { explain } from '../../model/mapping/walk.ts';

/** Any tree, over any record: the compiled function and the interpreter are written apart and must say the same. */
const names = fc.constantFrom('a', 'b', 'list', 'nested', '__proto__', 'toString', 'x-y', "it's", '\u2028');

const ruleSpec = (name: string, run: (...values: unknown[]) => unknown, args: readonly Node[] = []): RuleSpec => ({
  name,
  words: name,
  run,
  args,
  identity: name,
});

const rules: readonly ((args: readonly Node[]) => RuleSpec)[] = [
  () => ruleSpec('text', (value) => String(value)),
  () => ruleSpec('nothing', () => undefined),
  () => ruleSpec('null', () => null),
  () => ruleSpec('wrap', (value) => ({ value })),
  () => ruleSpec('refuse', (value) => (value === 1 ? reject('one') : value)),
  () =>
    ruleSpec('throw', (value) => {
      if (value === 'boom') throw new TypeError('secret');
      return value;
    }),
  (args) => ruleSpec('both', (value, other) => [value, other], args),
  () => ruleSpec('isText', (value) => typeof value === 'string'),
];

const scalar = fc.constantFrom<unknown>(null, undefined, true, false, 0, -0, 1, 2.5, '', 'boom', 'é"\\', '\u2028');

/** Sources in scope: the record, and the items of the lists around. */
function nodes(depth: number, scopes: readonly number[]): fc.Arbitrary<Node> {
  const source = fc.constantFrom(...scopes).map((scope): Node => ({ kind: 'source', scope, at: scope ? ['*'] : [] }));
  const field = fc
    .tuple(source, fc.array(names, { minLength: 1, maxLength: 3 }))
    .map(([input, path]) => path.reduce<Node>((node, name) => ({ kind: 'field', input: node, name }), input));
  const constant = scalar.map((value): Node => ({ kind: 'constant', value }));
  if (depth === 0) return fc.oneof(field, field, source, constant);
  const below = fc.oneof({ weight: 2, arbitrary: field }, { weight: 3, arbitrary: nodes(depth - 1, scopes) });
  const scope = Math.max(...scopes) + 1;
  const inItem = nodes(depth - 1, [...scopes, scope]);
  const list = fc.oneof(
    field,
    field.map((input): Node => ({ kind: 'field', input, name: 'list' })),
    fc.constant<Node>({ kind: 'field', input: { kind: 'source', scope: 0, at: [] }, name: 'list' }),
  );
  return fc.oneof(
    field,
    constant,
    objects(below),
    fc.array(below, { maxLength: 3 }).map((items): Node => ({ kind: 'list', items })),
    fc
      .tuple(below, fc.constantFrom(...rules), below, fc.boolean())
      .map(([input, make, arg, skipMissing]): Node => ({ kind: 'apply', input, rule: make([arg]), skipMissing })),
    fc.tuple(below, below).map(([input, fallback]): Node => ({ kind: 'or', input, fallback })),
    below.map((input): Node => ({ kind: 'orReject', input, reason: 'absent' })),
    below.map((input): Node => ({ kind: 'orOmit', input })),
    fc.tuple(below, below, below).map(([condition, yes, no]): Node => ({ kind: 'when', condition, yes, no })),
    fc.tuple(list, inItem).map(([input, item]): Node => ({ kind: 'each', input, scope, item })),
    fc.tuple(list, inItem).map(([input, condition]): Node => ({ kind: 'filter', input, scope, condition })),
    list.map((input): Node => ({ kind: 'first', input })),
  );
}

const objects = (part: fc.Arbitrary<Node>): fc.Arbitrary<Node> =>
  fc
    .uniqueArray(fc.tuple(names, part), { selector: ([name]) => name, maxLength: 4 })
    .map((fields): Node => ({ kind: 'object', fields }));

const records = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, scalar, tie('list'), tie('record')),
  list: fc.array(fc.oneof(scalar, tie('record')), { maxLength: 3 }),
  record: fc.record(
    {
      a: tie('value'),
      b: scalar,
      list: fc.oneof(tie('list'), fc.constantFrom(null, 'text', 7)),
      nested: tie('record'),
      'x-y': scalar,
    },
    { requiredKeys: [] },
  ),
})).record;

/** Texts and numbers have fields of their own (`length`), lists too; a list that is no list makes both sides fail. */
test('the compiled mapping and the interpreter agree on every tree and record', () => {
  fc.assert(
    fc.property(
      objects(nodes(3, [0])),
      fc.option(nodes(1, [0]), { nil: undefined }),
      records,
      (tree, where, record) => {
        const recorded = where ? { tree, where } : { tree };
        const thrown = Symbol('a rule threw');
        let threw = false;
        const compiled = compile(recorded, (source) => {
          threw = true;
          return explain(recorded, source).mapped;
        });
        const found = compiled(record);
        const expected = explain(recorded, record).mapped;
        expect(found).toStrictEqual(expected);
        expect(JSON.stringify(found)).toBe(JSON.stringify(expected));
        if (threw) expect([thrown, found.state]).toEqual([thrown, 'rejected']);
      },
    ),
    { numRuns: 1500 },
  );
});

test('the order of the fields is the order of the mapping, also when one before is left out', () => {
  const field = (name: string): Node => ({ kind: 'field', input: { kind: 'source', scope: 0, at: [] }, name });
  const tree: Node = {
    kind: 'object',
    fields: [
      ['z', field('z')],
      ['gone', field('gone')],
      ['a', { kind: 'constant', value: 1 }],
    ],
  };
  const run = compile({ tree }, () => ({ state: 'filtered', reason: 'unreachable' }));
  expect(JSON.stringify(run({ a: 1, z: 2 }))).toBe('{"state":"mapped","record":{"z":2,"a":1}}');
});

test('the same tree has the same version, and any other one another', () => {
  fc.assert(
    fc.property(nodes(2, [0]), nodes(2, [0]), (a, b) => {
      expect(treeVersion({ tree: structuredCloneOf(a) })).toBe(treeVersion({ tree: a }));
      const same = JSON.stringify(told(a)) === JSON.stringify(told(b));
      expect(treeVersion({ tree: a }) === treeVersion({ tree: b })).toBe(same);
    }),
  );
});

/** A copy with nothing shared but the functions. */
function structuredCloneOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(structuredCloneOf) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, structuredCloneOf(part)])) as T;
}

function told(value: unknown): unknown {
  if (value === undefined) return { absent: true };
  if (Object.is(value, -0)) return 0;
  if (typeof value === 'function') return undefined;
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([name, part]) => (name === 'at' ? [] : [name, told(part)]));
}
