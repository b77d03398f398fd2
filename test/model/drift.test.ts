import { z } from 'zod';
import { type Contract, contractOf } from '../../model/drift/contract.ts';
import { driftLines, driftOf, type KnownField } from '../../model/drift/drift.ts';
import { ShapeCounter } from '../../model/drift/shape.ts';
import type { Mapping } from '../../model/mapping/mapping.ts';
import type { Json } from '../../model/record/json.ts';
import { preparation } from '../../model/record/prepare.ts';

const Order = z.object({
  id: z.string(),
  total: z.number(),
  state: z.enum(['open', 'paid']).optional(),
  note: z.string().nullable().optional(),
  customer: z.object({ email: z.string().optional() }),
  items: z.array(z.object({ sku: z.string(), count: z.number().optional() })).default([]),
});

const order = (more: object = {}): Json => ({
  id: 'o1',
  total: 5,
  state: 'open',
  note: 'n',
  customer: { email: 'e' },
  items: [{ sku: 's', count: 1 }],
  ...more,
});

const times = (count: number, record: Json): Json[] => Array.from({ length: count }, () => record);

/** What earlier batches had: every field of the schema, in each of `seen` records. */
const usual = (seen = 100): Map<string, KnownField> =>
  new Map(
    ['id', 'total', 'state', 'note', 'customer', '/customer/email', 'items', '/items/*/sku', '/items/*/count'].map(
      (field) => [field, { seen, present: seen, accepted: false }],
    ),
  );

function drift(
  records: readonly Json[],
  contract: Contract = 'evolve',
  known: ReadonlyMap<string, KnownField> = usual(),
) {
  const parsed: unknown[] = [];
  const mapping: Mapping = {
    ...{ from: Order, to: z.unknown(), version: '1' },
    run: (record) => {
      parsed.push(record);
      return { state: 'filtered', reason: 'only looked at' };
    },
  };
  const work = preparation({
    from: Order,
    key: ['id'],
    version: undefined,
    contract,
    mapping,
    maxRecordBytes: 1e6,
  });
  work.add(records, Date.now());
  const { validated } = work.result();
  return {
    validated,
    parsed,
    findings: driftOf({ ...validated, known, contract: contractOf(contract) }),
  };
}

const brief = ({ findings }: ReturnType<typeof drift>) =>
  findings.map(({ field, change, records, breaking }) => `${field} ${change} ${records}${breaking ? ' BREAKING' : ''}`);

describe('the shape of records', () => {
  test('is counted at every depth, and names that the schema lacks come with their kinds and without values', () => {
    const shape = new ShapeCounter(Order);
    shape.add([
      order({ rebate: 3, customer: { email: null, phone: 'canary' } }),
      order({ rebate: 'canary', items: [{ sku: 'a', weight: 1 }, { sku: 'b' }] }),
    ]);
    const { fields } = shape.result();
    expect(fields).toContainEqual({ field: '/customer/email', known: true, seen: 2, present: 1, kinds: [] });
    expect(fields).toContainEqual({ field: '/items/*/sku', known: true, seen: 3, present: 3, kinds: [] });
    expect(fields.filter(({ known }) => !known)).toEqual([
      { field: '/customer/phone', known: false, seen: 2, present: 1, kinds: ['text'] },
      { field: '/items/*/weight', known: false, seen: 3, present: 1, kinds: ['number'] },
      { field: 'rebate', known: false, seen: 2, present: 2, kinds: ['number', 'text'] },
    ]);
    expect(JSON.stringify(fields)).not.toContain('canary');
  });

  test('is bounded: the keys of a map are no fields, and an odd name is not repeated', () => {
    const shape = new ShapeCounter(z.object({}));
    shape.add([Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`k${n}`, 1])), { 'a b\u001b': 1 }]);
    const { fields } = shape.result();
    expect(fields).toHaveLength(51);
    expect(fields.at(-1)).toMatchObject({ field: '*', present: 451 });
    const odd = new ShapeCounter(z.object({}));
    odd.add([{ 'a b\u001b': 1 }]);
    expect(odd.result().fields).toMatchObject([{ field: '(an odd name)' }]);
  });

  test('is looked at in every record of a small batch and in a tenth of what follows', () => {
    const shape = new ShapeCounter(z.object({ id: z.string() }));
    shape.add(times(3_000, { id: 'a' }));
    expect(shape.result().fields).toMatchObject([{ seen: 1_200, present: 1_200 }]);
  });

  test('of a schema that takes other fields has no new ones', () => {
    const shape = new ShapeCounter(z.looseObject({ id: z.string() }));
    shape.add([{ id: 'a', more: 1 }]);
    expect(shape.result().fields.map(({ field }) => field)).toEqual(['id']);
  });
});

describe('under the contract `evolve`', () => {
  test('nothing is said of records that fit', () => {
    expect(brief(drift(times(100, order())))).toEqual([]);
  });

  test('a new field is noted, wherever it stands', () => {
    expect(brief(drift([order({ rebate: 1 }), ...times(50, order({ customer: { email: 'e', phone: 'p' } }))]))).toEqual(
      ['/customer/phone new 50', 'rebate new 1'],
    );
  });

  test('a field that was renamed breaks, although every record is valid without it', () => {
    const renamed = times(20, { id: 'o1', total: 5, state: 'open', remark: 'n', customer: { email: 'e' }, items: [] });
    const found = drift(renamed);
    expect(found.validated.rejects).toEqual([]);
    expect(brief(found)).toEqual(['note missing 20 BREAKING', 'remark new 20']);
    expect(driftLines(found.findings)[0]).toBe(
      '- note missing: in no record; before, 100 % of the records had it (20 of 20)',
    );
  });

  test.each([
    ['too few records to say so', times(19, order({ note: null })), usual()],
    ['one record still has it', [order(), ...times(40, order({ note: null }))], usual()],
    ['little was seen before', times(40, order({ note: null })), usual(49)],
    [
      'it was often absent before',
      times(40, order({ note: null })),
      usual().set('note', { seen: 100, present: 90, accepted: false }),
    ],
    ['the sync is new', times(40, order({ note: null })), new Map<string, KnownField>()],
  ])('a field that is in no record does not break where %s', (_why, records, known) => {
    expect(brief(drift(records, 'evolve', known))).toEqual([]);
  });

  test('a type that changed breaks when it is no accident', () => {
    expect(brief(drift(times(20, order({ total: '5' }))))).toEqual(['total changed 20 BREAKING']);
    expect(brief(drift([...times(19, order({ total: '5' })), ...times(5, order())]))).toEqual(['total changed 19']);
    expect(brief(drift([...times(20, order({ total: '5' })), ...times(181, order())]))).toEqual(['total changed 20']);
    expect(brief(drift(times(20, order({ total: '5' })), 'evolve', usual(49)))).toEqual(['total changed 20']);
  });

  test('a required field that is gone, a new value of an enumeration, an item of a list: each is told by its field', () => {
    const { total: _total, ...without } = order() as Record<string, Json>;
    expect(brief(drift(times(30, without)))).toEqual(['total missing 30 BREAKING']);
    expect(brief(drift(times(30, order({ state: 'lost' }))))).toEqual(['state changed 30 BREAKING']);
    expect(
      brief(
        drift(
          times(
            30,
            order({
              items: [
                { sku: 's', count: 1 },
                { sku: 5, count: 1 },
              ],
            }),
          ),
        ),
      ),
    ).toEqual(['/items/*/sku changed 30 BREAKING']);
  });

  test('what a person went on with breaks no more', () => {
    const known = usual().set('total', { seen: 0, present: 0, accepted: true });
    expect(brief(drift(times(30, order({ total: '5' })), 'evolve', known))).toEqual(['total changed 30']);
  });
});

describe('under the other contracts', () => {
  test('`freeze` breaks at the first new field and the first record that does not fit', () => {
    expect(brief(drift([order({ rebate: 1 })], 'freeze'))).toEqual(['rebate new 1 BREAKING']);
    expect(brief(drift([order({ total: '5' }), ...times(500, order())], 'freeze'))).toEqual([
      'total changed 1 BREAKING',
    ]);
    const known = usual().set('rebate', { seen: 0, present: 0, accepted: true });
    expect(brief(drift([order({ rebate: 1 })], 'freeze', known))).toEqual(['rebate new 1']);
  });

  test('`freeze` looks at every record', () => {
    expect(brief(drift([...times(2_003, order()), order({ rebate: 1 })], 'freeze'))).toEqual(['rebate new 1 BREAKING']);
  });

  test('`reject` sets records with a new field aside, each with its field, and never halts', () => {
    const { validated, findings } = drift(
      [order(), order({ rebate: 1 }), ...times(40, order({ total: '5' }))],
      'reject',
    );
    expect(validated.rejects.slice(0, 2).map(({ code, field }) => [code, field])).toEqual([
      ['FIELD_UNKNOWN', 'rebate'],
      ['SOURCE_SCHEMA', 'total'],
    ]);
    expect(findings.some(({ breaking }) => breaking)).toBe(false);
  });

  test('`drop` leaves out what may be absent or null, at every depth, and sets the rest aside', () => {
    const records = [
      order({ state: 'lost', note: 7 }),
      order({ customer: { email: 3 }, items: [{ sku: 's' }, { sku: 't', count: 'many' }] }),
      order({ total: '5' }),
    ];
    const { validated, parsed, findings } = drift(records, 'drop');
    expect(parsed).toEqual([
      { id: 'o1', total: 5, customer: { email: 'e' }, items: [{ sku: 's', count: 1 }] },
      { ...(order() as object), customer: {}, items: [{ sku: 's' }, { sku: 't' }] },
    ]);
    expect(validated.rejects.map(({ field }) => field)).toEqual(['total']);
    expect(findings.map(({ field, found }) => [field, found.startsWith('left out')])).toEqual([
      ['total', false],
      ['state', true],
      ['note', true],
      ['/customer/email', true],
      ['/items/*/count', true],
    ]);
  });

  test('each field may have its own, and the longest path decides', () => {
    const of = contractOf({ '*': 'reject', customer: 'freeze', '/customer/email': 'drop', '/items/*/sku': 'evolve' });
    expect(['total', 'customer', '/customer/phone', '/customer/email', '/items/*/sku', 'items'].map(of)).toEqual([
      ...['reject', 'freeze', 'freeze', 'drop', 'evolve', 'reject'],
    ]);
  });
});
