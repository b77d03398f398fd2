import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { z } from 'zod';
import { compile } from '../../model/mapping/compile.ts';
import { compileTakes } from '../../model/mapping/compile-check.ts';
import { readsOnlyLeaves } from '../../model/mapping/leaves.ts';
import { map } from '../../model/mapping/map.ts';
import type { Mapping } from '../../model/mapping/mapping.ts';
import type { Node, RuleSpec } from '../../model/mapping/node.ts';
import { explain } from '../../model/mapping/walk.ts';
import type { Json } from '../../model/record/json.ts';
import { preparation } from '../../model/record/prepare.ts';

const Line = z.object({ e: z.string(), inner: z.object({ f: z.number() }) });
const From = z.object({
  a: z.string(),
  b: z.number().nullable(),
  nested: z.object({ c: z.string(), d: z.boolean().optional() }),
  list: z.array(Line),
  texts: z.array(z.string()).optional(),
});

const more = fc.option(fc.constantFrom<Json>(1, 'more', { f: 2 }, ['x']), { nil: undefined });
const withMore = <T extends object>(given: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc
    .tuple(given, more, more)
    .map(([value, extra, e]) => ({ ...(extra !== undefined && { extra, length: e }), ...value }));

/** Records that the schema takes, with fields at any depth that it does not have. */
const records = withMore(
  fc.record(
    {
      a: fc.constantFrom('', 'x', 'y'),
      b: fc.constantFrom(null, 1),
      nested: withMore(fc.record({ c: fc.constant('c'), d: fc.boolean() }, { requiredKeys: ['c'] })),
      list: fc.array(
        withMore(fc.record({ e: fc.constantFrom('e', 'x'), inner: withMore(fc.record({ f: fc.constantFrom(1, 2) })) })),
        { maxLength: 3 },
      ),
      texts: fc.array(fc.constant('t'), { maxLength: 2 }),
    },
    { requiredKeys: ['a', 'b', 'nested', 'list'] },
  ),
);

const source: Node = { kind: 'source', scope: 0, at: [] };
const field = (input: Node, path: string): Node =>
  path.split('.').reduce<Node>((node, name) => (name === '' ? node : { kind: 'field', input: node, name }), input);
const item = (list: string): Node => ({ kind: 'source', scope: 1, at: [list, '*'] });
const rule = (name: string, run: (value: unknown) => unknown): RuleSpec => ({
  name,
  words: name,
  run,
  args: [],
  identity: name,
});
const rules = fc.constantFrom(
  rule('json', (value) => JSON.stringify(value) ?? null),
  rule('isX', (value) => value === 'x'),
);

/** What a mapping may read, leaves and others. */
const leaves = fc
  .constantFrom('a', 'b', 'nested.c', 'nested.d', 'nested', 'list', 'texts', 'extra', 'nested.extra', 'length', '')
  .map((path) => field(source, path));
const ofItems = fc
  .tuple(fc.constantFrom('list', 'texts', 'extra'), fc.constantFrom('e', 'inner.f', 'inner', 'extra', ''))
  .map(([list, path]) => ({ list, node: field(item(list), path) }));
/** What becomes of an item without a look at it. */
const besides: readonly Node[] = [{ kind: 'constant', value: 'k' }, field(source, 'a')];

const nodes: fc.Arbitrary<Node> = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    leaves,
    fc.tuple(tie('node'), rules).map(([input, one]): Node => ({ kind: 'apply', input, rule: one, skipMissing: false })),
    fc.tuple(tie('node'), tie('node')).map(([input, fallback]): Node => ({ kind: 'or', input, fallback })),
    tie('node').map((input): Node => ({ kind: 'orOmit', input })),
    fc.tuple(tie('node'), tie('node')).map(([yes, no]): Node => ({ kind: 'when', condition: yes, yes, no })),
    ofItems.map(({ list, node }): Node => ({ kind: 'each', input: field(source, list), scope: 1, item: node })),
    fc
      .tuple(ofItems, fc.constantFrom(...besides))
      .map(([{ list }, node]): Node => ({ kind: 'each', input: field(source, list), scope: 1, item: node })),
    fc.tuple(ofItems, tie('node')).map(([{ list, node }, condition]): Node => {
      const filter: Node = { kind: 'filter', input: field(source, list), scope: 1, condition };
      return { kind: 'each', input: filter, scope: 1, item: node };
    }),
    ofItems.map(({ list }): Node => field({ kind: 'first', input: field(source, list) }, 'e')),
    fc.tuple(tie('node'), fc.constantFrom('e', 'extra')).map(([input, name]): Node => field(input, name)),
  ),
})).node;

test('a mapping that reads only leaves makes the same of a record with unknown fields and without them', () => {
  const takes = compileTakes(From);
  let [same, different] = [0, 0];
  fc.assert(
    fc.property(fc.array(nodes, { minLength: 1, maxLength: 3 }), records, (parts, record) => {
      const tree: Node = { kind: 'object', fields: parts.map((node, index) => [`f${index}`, node]) };
      const run = compile({ tree }, (given) => explain({ tree }, given).mapped);
      expect(takes?.(record)).toBe(true);
      const isSame = isDeepStrictEqual(run(record), run(From.parse(record)));
      if (readsOnlyLeaves({ from: From, recorded: { tree } })) {
        same += 1;
        expect(isSame).toBe(true);
      } else if (!isSame) different += 1;
    }),
    { numRuns: 2_000 },
  );
  expect(same).toBeGreaterThan(100);
  expect(different).toBeGreaterThan(20);
});

const To = z.strictObject({
  a: z.string(),
  lines: z.array(z.object({ e: z.string(), f: z.number() })),
  text: z.string(),
});

test('a batch with unknown fields comes to the same whether they are left out first or not', () => {
  const mapping = map(From, To, (record) => ({
    a: record.a,
    lines: record.list.each((line) => ({ e: line.e, f: line.inner.f })),
    text: record.nested.c,
  }));
  const { recorded: _, ...copying } = mapping;
  const contents = (used: Mapping, batch: readonly Json[]) => {
    const work = preparation({ from: From, key: ['a'], version: undefined, mapping: used, maxRecordBytes: 1_000 });
    work.add(batch, Date.now());
    const { ready, rejects } = work.result().transformed;
    return { ready: ready.map(({ key, hash, content }) => ({ key, hash, json: content.text })), rejects };
  };
  fc.assert(
    fc.property(fc.array(records, { minLength: 1, maxLength: 5 }), (batch) => {
      const given: Json[] = JSON.parse(JSON.stringify(batch));
      expect(contents(mapping, given)).toEqual(contents(copying, given));
    }),
  );
});
