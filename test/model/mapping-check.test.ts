import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { z } from 'zod';
import { checkOf, compileCheck, compileTakes } from '../../model/mapping/compile-check.ts';
import { compileJson } from '../../model/mapping/compile-json.ts';

/** Any schema, over values that nearly fit: the generated check and zod have to say the same, to the last issue. */
const texts = fc.constantFrom<() => z.ZodType>(
  () => z.string(),
  () => z.string().min(2),
  () => z.string().max(3).regex(/^a/),
  () => z.string().length(2),
  () => z.email(),
  () => z.iso.date(),
  () => z.url(),
  () => z.string().trim(),
  () => z.string().refine((text) => text.length !== 3),
  () => z.string().transform((text) => text.length),
  () => z.string().regex(/a/g),
  () => z.coerce.string(),
  () => z.string().default('x'),
  () => z.string().catch('caught'),
  () => z.enum(['a', 'b']),
  () => z.enum(['a', 'b', 'c', 'd', 'ab']),
  () => z.literal(['a', 1]),
  () => z.literal('a'),
  () => z.literal(['ab', 'c', null]).check(z.minLength(2) as z.core.$ZodCheck<string | null>),
);

const others = fc.constantFrom<() => z.ZodType>(
  () => z.number(),
  () => z.int(),
  () => z.number().int().min(0).lt(3),
  () => z.number().multipleOf(2),
  () => z.coerce.number(),
  () => z.boolean(),
  () => z.null(),
  () => z.unknown(),
  () => z.any(),
  () => z.any().check(z.minLength(2)),
  () => z.undefined(),
  () => z.date(),
  () => z.record(z.string(), z.number()),
  () => z.union([z.string(), z.number()]),
  () => z.readonly(z.object({ a: z.string() })),
  () => z.never(),
);

/** Put on a schema that stands around another. */
const checks = fc.constantFrom<() => z.core.$ZodCheck<unknown>>(
  () => z.minLength(2) as z.core.$ZodCheck<unknown>,
  () => z.maxLength(2) as z.core.$ZodCheck<unknown>,
  () => z.refine((value) => value !== undefined),
);

const fieldNames = fc.constantFrom('a', 'b', 'toString', 'constructor', '__proto__', 'x-y');

const schemas: fc.Arbitrary<() => z.ZodType> = fc.letrec<{ schema: () => z.ZodType }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    texts,
    others,
    tie('schema').map((inner) => () => inner().optional()),
    fc.tuple(tie('schema'), checks).map(
      ([inner, check]) =>
        () =>
          inner().optional().check(check()),
    ),
    fc.tuple(tie('schema'), checks).map(
      ([inner, check]) =>
        () =>
          z.exactOptional(inner()).check(check()),
    ),
    fc.tuple(tie('schema'), checks).map(
      ([inner, check]) =>
        () =>
          inner().nullable().check(check()),
    ),
    tie('schema').map((inner) => () => inner().nullable()),
    tie('schema').map((inner) => () => inner().nullish()),
    tie('schema').map((inner) => () => z.exactOptional(inner())),
    tie('schema').map((inner) => () => inner().default(() => 'default' as never)),
    tie('schema').map((inner) => () => z.array(inner())),
    tie('schema').map((inner) => () => z.array(inner()).min(1).max(2)),
    objects(tie('schema'), (shape) => z.object(shape)),
    objects(tie('schema'), (shape) => z.strictObject(shape)),
    objects(tie('schema'), (shape) => z.looseObject(shape)),
    objects(tie('schema'), (shape) => z.object(shape).refine((value) => !('a' in value))),
  ),
})).schema;

function objects(
  field: fc.Arbitrary<() => z.ZodType>,
  make: (shape: z.ZodRawShape) => z.ZodType,
): fc.Arbitrary<() => z.ZodType> {
  return fc
    .uniqueArray(fc.tuple(fieldNames, field), { selector: ([name]) => name, maxLength: 4 })
    .map((fields) => () => make(Object.fromEntries(fields.map(([name, part]) => [name, part()]))));
}

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>('', 'a', 'ab', 'abc', ' a ', 'a@example.org', '2026-02-28', 'https://example.org/x'),
    fc.constantFrom<unknown>(0, 1, 2, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, -0),
    fc.constantFrom<unknown>(null, undefined, true, false, new Date(0)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fieldNames, tie('value'), { maxKeys: 4 }),
  ),
})).value;

test('the compiled check answers what zod answers, for every schema and value, and what it takes is written as its JSON', () => {
  let [accepted, plain, written] = [0, 0, 0];
  fc.assert(
    fc.property(schemas, fc.array(values, { minLength: 8, maxLength: 8 }), (make, inputs) => {
      const schema = make();
      const [check, takes, write] = [compileCheck(schema), compileTakes(schema), compileJson(schema)];
      for (const input of inputs) {
        const expected = schema.safeParse(input);
        const found = check(input);
        expect(found.success).toBe(expected.success);
        expect(takes?.(input) === true).toBe(found.plain === true);
        if (expected.success) {
          accepted += 1;
          // Jest's own comparison is misled by a field with the name `constructor`.
          expect(isDeepStrictEqual(found.data, expected.data)).toBe(true);
          const json = JSON.stringify(found.data);
          expect(json).toBe(JSON.stringify(expected.data));
          if (found.plain) {
            plain += 1;
            expect(isDeepStrictEqual(JSON.parse(json), withoutMinusZero(found.data))).toBe(true);
            if (write) {
              written += 1;
              const block = Buffer.alloc(4096);
              expect(block.toString('utf8', 0, write(input, block, 0))).toBe(json);
            }
          }
        } else expect(found.error?.issues).toEqual(expected.error.issues);
      }
    }),
    { numRuns: 1_000 },
  );
  expect(accepted).toBeGreaterThan(100);
  expect(plain).toBeGreaterThan(20);
  expect(written).toBeGreaterThan(10);
});

/** JSON writes it as 0, and so does everything that takes it as text. */
function withoutMinusZero(value: unknown): unknown {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutMinusZero(inner)]))
    : value;
}

test('a schema that contains itself is checked', () => {
  const Tree: z.ZodType = z.object({
    name: z.string(),
    get children() {
      return z.array(Tree);
    },
  });
  const check = compileCheck(Tree);
  expect(check({ name: 'a', children: [{ name: 'b', children: [] }] }).success).toBe(true);
  expect(check({ name: 'a', children: [{ name: 1, children: [] }] }).success).toBe(false);
});

test('fields that the schema does not have are left out, in any depth', () => {
  const check = compileCheck(z.object({ a: z.object({ b: z.string() }), c: z.string().optional() }));
  expect(check({ x: 1, a: { b: 't', y: 2 } }).data).toStrictEqual({ a: { b: 't' } });
});

test('the source of a record is not changed', () => {
  const record = { a: [{ b: 'x', more: 1 }] };
  const copy = structuredClone(record);
  compileCheck(z.object({ a: z.array(z.object({ b: z.string() })) }))(record);
  expect(record).toStrictEqual(copy);
});

test('the check of a schema is compiled once', () => {
  const schema = z.object({ a: z.string() });
  expect(checkOf(schema)).toBe(checkOf(schema));
  expect(checkOf(schema)({ a: 'x' })).toEqual({ success: true, data: { a: 'x' }, plain: true });
});
