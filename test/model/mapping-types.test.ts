import {
  atLeast,
  equals,
  integer,
  isoDate,
  lookup,
  map,
  minorUnits,
  nullIf,
  oneOf,
  or,
  orOmit,
  orReject,
  reject,
  rule,
  to,
  toIfPresent,
  trim,
  when,
} from 'syncline';
import { z } from 'zod';
import { mappingProblems } from '../../model/mapping/problems.ts';

/** The compiler proves this file: each `@ts-expect-error` is an error of its own when the line below it compiles. */
const Order = z.object({
  id: z.string(),
  total: z.string(),
  currency: z.string(),
  date: z.string(),
  status: z.enum(['open', 'paid']),
  note: z.string().optional(),
  customer: z.object({ email: z.string().nullable(), name: z.string() }),
  billing: z.object({ city: z.string() }).nullable(),
  items: z.array(z.object({ sku: z.string(), qty: z.number(), gift: z.string().nullable() })),
  tags: z.array(z.string()).optional(),
});
const Invoice = z.object({
  externalId: z.string(),
  total: z.number().int(),
  issuedOn: z.string(),
  email: z.string(),
  note: z.string(),
  channel: z.enum(['web', 'shop']),
  hint: z.string().optional(),
  lines: z.array(z.object({ sku: z.string(), count: z.number(), gift: z.string().optional() })),
});

const complete = map(Order, Invoice, (order) => ({
  externalId: order.id,
  total: to(order.total, minorUnits(order.currency)),
  issuedOn: to(order.date, trim(), isoDate('dd/MM/yyyy', { zone: 'America/Los_Angeles' })),
  email: orReject(order.customer.email, 'customer has no e-mail'),
  note: or(order.note, ''),
  channel: when(equals(order.status, 'open'), 'web', 'shop'),
  hint: orOmit(toIfPresent(order.note, nullIf('n/a'), trim())),
  lines: order.items.each((item) => ({ sku: item.sku, count: item.qty, gift: orOmit(item.gift) })),
}));

const one = <S extends z.ZodType>(schema: S) => z.object({ value: schema });
const Text = one(z.string());

const refused = [
  // @ts-expect-error a required field is not mapped
  () => map(Order, z.object({ a: z.string(), b: z.string() }), (order) => ({ a: order.id })),
  // @ts-expect-error the e-mail may be null, and nothing says what happens then
  () => map(Order, Text, (order) => ({ value: order.customer.email })),
  // @ts-expect-error the note may be missing
  () => map(Order, Text, (order) => ({ value: order.note })),
  // @ts-expect-error a field behind one that may be null may be missing
  () => map(Order, Text, (order) => ({ value: order.billing.city })),
  // @ts-expect-error a text is no number
  () => map(Order, one(z.number()), (order) => ({ value: order.total })),
  // @ts-expect-error the destination has no such field
  () => map(Order, Text, (order) => ({ value: order.id, other: order.id })),
  // @ts-expect-error the source has no such field
  () => map(Order, Text, (order) => ({ value: order.idd })),
  // @ts-expect-error the rule does not take null
  () => map(Order, Text, (order) => ({ value: to(order.customer.email, trim()) })),
  // @ts-expect-error money is text, not a binary number
  () => map(Order, one(z.number()), (order) => ({ value: order.items.each((i) => to(i.qty, minorUnits('EUR'))) })),
  // @ts-expect-error without a currency there are no minor units
  () => map(Order, one(z.number()), (order) => ({ value: to(order.total, minorUnits()) })),
  // @ts-expect-error a constant outside the enum
  () => map(Order, one(z.enum(['web'])), () => ({ value: 'shop' })),
  // @ts-expect-error the list may be missing
  () => map(Order, one(z.array(z.string())), (order) => ({ value: order.tags.each((tag) => tag) })),
  // @ts-expect-error leaving out needs an optional field
  () => map(Order, Text, (order) => ({ value: orOmit(order.note) })),
  // @ts-expect-error `paid` is not covered
  () => map(Order, Text, (order) => ({ value: to(order.status, oneOf({ open: 'O' })) })),
  // @ts-expect-error any text needs `otherwise`
  () => map(Order, Text, (order) => ({ value: to(order.currency, oneOf({ EUR: 'euro' })) })),
  // @ts-expect-error the condition is no boolean
  () => map(Order, Text, (order) => ({ value: order.id }), { where: (order) => order.status }),
  // @ts-expect-error `done` is no status
  () => map(Order, Text, (order) => ({ value: order.id }), { where: (order) => equals(order.status, 'done') }),
  // @ts-expect-error no field to leave unused
  () => map(Order, Text, (order) => ({ value: order.id }), { unused: ['nope'] }),
  // @ts-expect-error an argument is missing
  () => map(Order, Text, (order) => ({ value: to(order.id, withSuffix) })),
  // @ts-expect-error the rules do not fit together
  () => map(Order, one(z.number()), (order) => ({ value: to(order.id, trim(), integer()) })),
];

/** Only the compiler knows what a rule of one's own takes. */
const refusedByTheCompilerAlone = [
  // @ts-expect-error a wrong argument
  () => map(Order, Text, (order) => ({ value: to(order.id, withSuffix.with(1)) })),
];

const withSuffix = rule('withSuffix', 'with {0} after it', (text: string, suffix: string) => text + suffix);
const noSecret = rule('noSecret', 'no secret', (text: string) => (text === 'secret' ? reject('a secret') : text));

/** What has to compile. The samples and unused fields are not complete: these are proofs of types. */
const allowed = [
  map(Order, one(z.string().nullable()), (order) => ({ value: order.customer.email })),
  map(Order, one(z.string().optional()), (order) => ({ value: order.note })),
  map(Order, one(z.string().optional()), () => ({})),
  map(Order, one(z.array(z.string())), (order) => ({ value: or(order.tags, []) })),
  map(Order, one(z.array(z.string())), (order) => ({ value: ['fixed', order.id] })),
  map(Order, Text, (order) => ({ value: to(order.id, withSuffix.with(order.currency), noSecret) })),
  map(Order, Text, (order) => ({ value: to(order.status, oneOf({ open: 'O', paid: 'P' })) })),
  map(Order, Text, (order) => ({ value: to(order.currency, lookup({ EUR: 'e' }, { otherwise: reject('no') })) })),
  map(Order, one(z.string().nullable()), (o) => ({ value: to(o.id, lookup({ a: 'b' }, { otherwise: null })) })),
  map(Order, one(z.object({ city: z.string() }).nullable()), (order) => ({ value: order.billing })),
  map(Order, one(z.string().optional()), (order) => ({ value: order.items.first().sku })),
  map(Order, one(z.unknown()), (order) => ({ value: order.items })),
  map(Order, Text, (order) => ({ value: order.id }), {
    where: (order) => atLeast(order.total, '10.00'),
    unused: ['note', '/customer/name'],
    samples: [{ summary: 'a broken one', have: {}, rejects: 'id' }],
  }),
];

const aboutTheSourceOnly = ['SOURCE_UNUSED', 'SAMPLE_FAILED'];

/** What `check` says where no compiler ran: its problems, or the error at loading. */
function problemsOf(make: () => Parameters<typeof mappingProblems>[0]): readonly string[] {
  try {
    const codes = mappingProblems(make()).map((problem) => problem.code);
    return codes.filter((code) => !aboutTheSourceOnly.includes(code));
  } catch (error) {
    return [String(error)];
  }
}

test.each(refused.map((make, index) => ({ make, line: index + 1 })))(
  'what the compiler refuses, check refuses too: proof $line',
  ({ make }) => {
    expect(problemsOf(make)).not.toEqual([]);
  },
);

test.each(allowed.map((mapping, index) => ({ mapping, line: index + 1 })))(
  'what the compiler accepts, check accepts too: proof $line',
  ({ mapping }) => {
    expect(problemsOf(() => mapping)).toEqual([]);
  },
);

test('the argument of a rule of one’s own is checked by the compiler alone', () => {
  expect(refusedByTheCompilerAlone.flatMap(problemsOf)).toEqual([]);
});

test('a complete mapping gives the destination record', () => {
  const order = {
    id: 'A1',
    total: '12.30',
    currency: 'EUR',
    date: '31/12/2026 ',
    status: 'open',
    customer: { email: 'a@example.org', name: 'Ann' },
    billing: null,
    items: [{ sku: 'S', qty: 2, gift: null }],
  };
  expect(complete.run(Order.parse(order))).toEqual({
    state: 'mapped',
    record: {
      externalId: 'A1',
      total: 1230,
      issuedOn: '2026-12-31',
      email: 'a@example.org',
      note: '',
      channel: 'web',
      lines: [{ sku: 'S', count: 2 }],
    },
  });
});
