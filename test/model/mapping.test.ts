import { jest } from '@jest/globals';
import {
  allOf,
  equals,
  isIn,
  isoDate,
  type Mapping,
  map,
  minorUnits,
  moreThan,
  or,
  orOmit,
  orReject,
  reject,
  rule,
  SyncFailure,
  template,
  to,
  toIfPresent,
  trim,
  when,
} from 'syncline';
import { z } from 'zod';
import { mappingProblems } from '../../model/mapping/problems.ts';
import { explain } from '../../model/mapping/walk.ts';

const Order = () =>
  z.object({
    id: z.string(),
    status: z.enum(['open', 'paid']),
    total: z.string(),
    currency: z.string(),
    placed: z.string(),
    note: z.string().nullish(),
    customer: z.object({ email: z.string().nullable(), name: z.string() }),
    items: z.array(z.object({ sku: z.string(), price: z.string(), gift: z.boolean() })),
  });
const Invoice = () =>
  z.object({
    externalId: z.string(),
    total: z.int(),
    issuedOn: z.string(),
    email: z.string(),
    note: z.string().optional(),
    lines: z.array(z.object({ sku: z.string(), price: z.int() })),
  });

const shout = rule('shout', 'with {0} after it', (text: string, mark: string) => text + mark);

const orderToInvoice = () =>
  map(
    Order(),
    Invoice(),
    (order) => ({
      externalId: order.id,
      total: to(order.total, minorUnits(order.currency)),
      issuedOn: to(order.placed, isoDate('dd/MM/yyyy')),
      email: orReject(order.customer.email, 'the customer has no e-mail'),
      note: orOmit(toIfPresent(order.note, trim(), shout.with('!'))),
      lines: order.items
        .filter((item) => equals(item.gift, false))
        .each((item) => ({ sku: item.sku, price: to(item.price, minorUnits(order.currency)) })),
    }),
    {
      where: (order) => allOf(isIn(order.status, ['paid']), moreThan(order.total, '0')),
      unused: ['/customer/name'],
    },
  );

const order = {
  id: 'A1',
  status: 'paid',
  total: '12.30',
  currency: 'EUR',
  placed: '31/12/2026',
  note: ' hello ',
  customer: { email: 'ann@example.org', name: 'Ann' },
  items: [
    { sku: 'S1', price: '10.00', gift: false },
    { sku: 'S2', price: '0.00', gift: true },
    { sku: 'S3', price: '2.30', gift: false },
  ],
};

const codes = (mapping: Mapping, alsoUsed: readonly string[] = []): readonly string[] =>
  mappingProblems(mapping, { alsoUsed }).map(({ code, field }) => `${code} ${field}`);

test('a record is mapped, with lists filtered and optional fields left out', () => {
  const mapping = orderToInvoice();
  const lines = [
    { sku: 'S1', price: 1000 },
    { sku: 'S3', price: 230 },
  ];
  const invoice = { externalId: 'A1', total: 1230, issuedOn: '2026-12-31', email: 'ann@example.org', lines };
  expect(mapping.run(order)).toEqual({ state: 'mapped', record: { ...invoice, note: 'hello!' } });
  expect(mapping.run({ ...order, note: null })).toStrictEqual({ state: 'mapped', record: invoice });
});

test('a record for which the condition does not hold is filtered, and the reason holds none of its data', () => {
  expect(orderToInvoice().run({ ...order, status: 'open' })).toEqual({
    state: 'filtered',
    reason: 'not: status is one of ["paid"] and total is more than "0"',
  });
});

test.each([
  [{ customer: { email: null, name: 'Ann' } }, 'email', 'orReject', 'the customer has no e-mail'],
  [{ currency: 'usd' }, 'total', 'minorUnits', 'not a currency code of ISO 4217 with minor units'],
  [{ placed: '31/11/2026' }, 'issuedOn', 'isoDate', 'not a real date written dd/MM/yyyy'],
  [
    { items: [{ sku: 'S', price: 'x', gift: false }] },
    '/lines/*/price',
    'minorUnits',
    'not an amount written like 1234.50',
  ],
  [{ total: 'x' }, 'where', 'moreThan', 'neither two numbers nor two decimal texts'],
])('a rejection names field, rule and reason: %o', (change, field, ruleName, reason) => {
  expect(orderToInvoice().run({ ...order, ...change })).toEqual({ state: 'rejected', field, rule: ruleName, reason });
});

test('a rule that throws sets the record aside, and what it said is not told', () => {
  const broken = rule('broken', 'broken', (text: string): string => {
    throw new RangeError(`cannot do ${text}`);
  });
  const mapping = map(z.object({ a: z.string() }), z.object({ b: z.string() }), (record) => ({
    b: to(record.a, broken),
  }));
  expect(mapping.run({ a: 'secret' })).toEqual({
    state: 'rejected',
    field: 'b',
    rule: 'broken',
    reason: 'the rule itself failed (RangeError)',
  });
});

test('explain tells every field: what was read, each step, what came of it, and what was rejected', () => {
  const { recorded } = orderToInvoice();
  if (!recorded) throw new Error('nothing recorded');
  const { fields, mapped } = explain(recorded, { ...order, placed: 'soon' });
  expect(mapped).toMatchObject({ state: 'rejected', field: 'issuedOn' });
  expect(fields.map(({ field }) => field)).toEqual([
    ...['externalId', 'total', 'issuedOn', 'email', 'note'],
    ...['/lines/0/sku', '/lines/0/price', '/lines/1/sku', '/lines/1/price'],
  ]);
  expect(fields.find(({ field }) => field === 'note')).toEqual({
    field: 'note',
    from: [{ path: 'note', value: ' hello ' }],
    steps: [
      { words: 'without space at either end', value: 'hello' },
      { words: 'with `"!"` after it', value: 'hello!' },
    ],
    after: 'hello!',
  });
  expect(fields.find(({ field }) => field === 'issuedOn')).toEqual({
    field: 'issuedOn',
    from: [{ path: 'placed', value: 'soon' }],
    steps: [],
    after: undefined,
    rejected: { rule: 'isoDate', reason: 'not a real date written dd/MM/yyyy' },
  });
});

test('the version is the same for the same lines, and another for any change of what they do', () => {
  const From = (a: z.ZodType<string> = z.string()) => z.object({ a, b: z.string() });
  const To = (x: z.ZodType<string, string> = z.string()) => z.object({ x });
  const upper = (words: string, run: (text: string) => string) => rule('own', words, run);
  const versions = [
    () => map(From(), To(), (r) => ({ x: r.a })),
    () => map(From(), To(), (r) => ({ x: r.b })),
    () => map(From(z.string().min(1)), To(), (r) => ({ x: r.a })),
    () => map(From(), To(z.string().regex(/a/)), (r) => ({ x: r.a })),
    () => map(From(), To(z.string().refine((text) => text !== 'a')), (r) => ({ x: r.a })),
    () => map(From(), To(z.string().refine((text) => text !== 'b')), (r) => ({ x: r.a })),
    () => map(From(), To(), (r) => ({ x: to(r.a, isoDate('dd/MM/yyyy')) })),
    () => map(From(), To(), (r) => ({ x: to(r.a, isoDate('MM/dd/yyyy')) })),
    () =>
      map(From(), To(), (r) => ({
        x: to(
          r.a,
          upper('up', (text) => text.toUpperCase()),
        ),
      })),
    () =>
      map(From(), To(), (r) => ({
        x: to(
          r.a,
          upper('up', (text) => text.toLowerCase()),
        ),
      })),
    () =>
      map(From(), To(), (r) => ({
        x: to(
          r.a,
          upper('upper', (text) => text.toUpperCase()),
        ),
      })),
    () => map(From(), To(), (r) => ({ x: to(r.a, shout.with('!')) })),
    () => map(From(), To(), (r) => ({ x: to(r.a, shout.with('?')) })),
    () => map(From(), To(), (r) => ({ x: to(r.a, shout.with(r.b)) })),
    () => map(From(), To(), (r) => ({ x: orReject(r.a, 'none') })),
    () => map(From(), To(), (r) => ({ x: orReject(r.a, 'nothing') })),
    () => map(From(), To(), (r) => ({ x: r.a }), { where: (r) => equals(r.b, 'x') }),
    () => map(From(), To(), () => ({ x: '1' })),
  ];
  const first = versions.map((make) => make().version);
  expect(versions.map((make) => make().version)).toEqual(first);
  expect(new Set(first).size).toBe(first.length);
});

test('a schema that contains itself has a version', () => {
  const Tree = z.object({
    name: z.string(),
    get children() {
      return z.array(Tree);
    },
  });
  const make = () => map(Tree, z.object({ n: z.string() }), (tree) => ({ n: tree.name }), { unused: ['children'] });
  expect(make().version).toBe(make().version);
  expect(codes(make())).toEqual([]);
});

test('what another copy of the engine records is understood', async () => {
  jest.resetModules();
  const other = await import('../../model/mapping/public.ts');
  expect(other.map).not.toBe(map);
  const Text = z.object({ a: z.string() });
  const mapping = map(Text, Text, (record) => ({ a: other.to(record.a, other.trim(), shout.with('!')) }));
  expect(mapping.run({ a: ' x ' })).toEqual({ state: 'mapped', record: { a: 'x!' } });
  const rejecting = map(Text, Text, (record) => ({
    a: to(
      record.a,
      rule('none', 'none', (text: string) => (text === '' ? other.reject('empty') : text)),
    ),
  }));
  expect(rejecting.run({ a: '' })).toMatchObject({ state: 'rejected', reason: 'empty' });
});

test.each([
  ['a computation on the recorder', (r: { a: unknown }) => ({ a: `${r.a}!` }), 'is recorded, not run'],
  ['a rule where a value is expected', () => ({ a: trim() }), 'apply it with `to(field, rule)`'],
  ['a function where a value is expected', () => ({ a: (text: string) => text }), 'wrap it with `rule`'],
  ['a number that is none', () => ({ a: Number.NaN }), 'cannot be written as JSON'],
  ['an instance of a class', () => ({ a: new Map() }), 'plain objects'],
])('refused when the mapping is read: %s', (_name, make, part) => {
  const From = z.object({ a: z.string() });
  const read = () => map(From, z.any(), make as never);
  expect(read).toThrow(SyncFailure);
  expect(read).toThrow(part);
});

test('a complete mapping has no problems', () => {
  expect(codes(orderToInvoice())).toEqual([]);
});

test('check finds each kind of problem where no compiler ran', () => {
  const From = z.object({ a: z.string(), n: z.number(), maybe: z.string().nullable(), kind: z.enum(['x', 'y']) });
  const To = z.object({ text: z.string(), whole: z.int(), more: z.string() });
  const clock = rule('clock', 'the time', (text: string) => text + Date.now());
  // As a file looks that nobody compiled.
  const untyped = map as (from: unknown, to: unknown, make: (r: never) => unknown, options?: unknown) => Mapping;
  const problems = (make: (r: never) => unknown, options?: unknown): readonly string[] =>
    codes(untyped(From, To, make, options));
  const rest = { unused: ['n', 'maybe', 'kind'] };
  type R = Record<string, ReturnType<typeof orReject<string>>> & { a: never; n: never; maybe: never; kind: never };
  const good = { text: 'a', whole: 1, more: 'b' };
  expect(problems((r: R) => ({ text: r.a, whole: 1 }), rest)).toEqual(['FIELD_UNMAPPED more']);
  expect(problems((r: R) => ({ ...good, text: r.a, moer: 'b' }), rest)).toEqual(['FIELD_UNKNOWN moer']);
  expect(problems((r: R) => ({ ...good, text: r.a, more: r['aa'] }), rest)).toEqual(['SOURCE_UNKNOWN aa']);
  expect(problems((r: R) => ({ ...good, text: r.a }), { unused: ['n', 'kind'] })).toEqual(['SOURCE_UNUSED maybe']);
  expect(problems((r: R) => ({ ...good, text: r.a }), { unused: ['a', 'n', 'kind', 'maybe'] })).toEqual([
    'UNUSED_BUT_USED a',
  ]);
  expect(problems((r: R) => ({ ...good, text: r.a }), { unused: ['n', 'kind', 'maybe', 'b'] })).toEqual([
    'SOURCE_UNKNOWN b',
  ]);
  expect(problems((r: R) => ({ ...good, whole: r.a }), rest)).toEqual(['TYPE_MISMATCH whole']);
  expect(problems((r: R) => ({ ...good, text: r.a, whole: 1.5 }), rest)).toEqual(['TYPE_MISMATCH whole']);
  expect(problems((r: R) => ({ ...good, text: r.maybe, more: r.a }), { unused: ['n', 'kind'] })).toEqual([
    'MISSING_UNDECIDED text',
  ]);
  expect(problems((r: R) => ({ ...good, text: to(r.maybe, trim()), more: r.a }), { unused: ['n', 'kind'] })).toEqual([
    'MISSING_UNDECIDED text',
  ]);
  expect(problems((r: R) => ({ ...good, text: r.a, more: to(r.a, clock) }), rest)).toEqual(['NOT_REPEATABLE more']);
  expect(problems((r: R) => ({ ...good, text: r.a, more: String(Math.random()) }), rest)).toEqual(['NOT_REPEATABLE ']);
  expect(
    problems((r: R) => ({ ...good, text: r.a, whole: to(r.n, minorUnits('EUR')) }), { unused: ['kind', 'maybe'] }),
  ).toEqual(['TYPE_MISMATCH whole']);
});

test('fields that a sync needs beside the mapping count as used', () => {
  const From = z.object({ id: z.string(), updatedAt: z.string(), meta: z.object({ seq: z.int(), by: z.string() }) });
  const mapping = map(From, z.object({ id: z.string() }), (record) => ({ id: record.id }));
  expect(codes(mapping)).toEqual(['SOURCE_UNUSED updatedAt', 'SOURCE_UNUSED /meta/seq', 'SOURCE_UNUSED /meta/by']);
  expect(codes(mapping, ['id', 'updatedAt', '/meta/seq'])).toEqual(['SOURCE_UNUSED /meta/by']);
});

test('a sample that does not come out as it says is a problem that names the field', () => {
  const From = z.object({ a: z.string() });
  const mapping = map(From, z.object({ b: z.string() }), (record) => ({ b: to(record.a, trim()) }), {
    samples: [
      { summary: 'good', have: { a: ' x ' }, want: { b: 'x' } },
      { summary: 'wrong', have: { a: ' x ' }, want: { b: 'y' } },
      { summary: 'not rejected', have: { a: 'x' }, rejects: 'anything' },
      { summary: 'rejected by the schema', have: { a: 1 }, rejects: 'a: ' },
      { summary: 'not filtered', have: { a: 'x' }, filtered: true },
    ],
  });
  expect(mappingProblems(mapping).map(({ message }) => message)).toEqual([
    'sample "wrong": b: expected "y", found "x"',
    'sample "not rejected": expected a rejection with "anything", but it was mapped',
    'sample "not filtered": expected filtered, but it was mapped',
  ]);
});

test('a choice computes only the side that is chosen', () => {
  const From = z.object({ kind: z.enum(['x', 'y']), amount: z.string() });
  const mapping = map(From, z.object({ v: z.number(), t: z.string() }), (r) => ({
    v: when(equals(r.kind, 'x'), to(r.amount, minorUnits('EUR')), 0),
    t: template`${r.kind}-${or(r.amount, '')}`,
  }));
  expect(mapping.run({ kind: 'y', amount: 'none' })).toEqual({ state: 'mapped', record: { v: 0, t: 'y-none' } });
  expect(mapping.run({ kind: 'x', amount: 'none' })).toMatchObject({ state: 'rejected', field: 'v' });
});

test('an argument that a rule of one’s own needs has to be given', () => {
  expect(() => to('x' as never, shout as never)).toThrow('takes arguments');
  expect(() => to('x' as never, ((text: string) => text) as never)).toThrow('wrap a function');
  expect(reject('no')).toBeDefined();
});
