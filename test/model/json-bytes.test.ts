import fc from 'fast-check';
import { z } from 'zod';
import { compileJson, type JsonWriter } from '../../model/mapping/compile-json.ts';
import { Blocks, Content } from '../../model/record/content.ts';

const Thing = z.object({
  mark: z.string().optional(),
  text: z.string(),
  number: z.number(),
  flag: z.boolean(),
  kind: z.enum(['a', 'b']),
  nothing: z.null(),
  'the "name"': z.number().nullable(),
  parts: z.array(z.object({ größe: z.string().optional(), more: z.array(z.number()) })),
});

function writerOf(schema: z.ZodType): JsonWriter {
  const writer = compileJson(schema);
  if (writer === undefined) throw new Error('there is no writer');
  return writer;
}

/** Whatever may stand in a text: also what JSON escapes, halves of surrogate pairs, and texts beyond the long ones. */
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom('a', '"', '\\', '\n', '\u0000', '\u001f', '\u007f', '\u0080', 'é', '߿', 'ࠀ', '€'),
  }),
  fc.string({ unit: fc.constantFrom('x', '\ud83d', '\ude00', '😀', '\u2028'), maxLength: 200 }),
);
const numbers = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(0, -0, 9, 10, 999_999_999, 1e9, 1e21, 2 ** 53, 0.1, 5e-324),
);
const things: fc.Arbitrary<z.infer<typeof Thing>> = fc.record(
  {
    mark: texts,
    text: texts,
    number: numbers,
    flag: fc.boolean(),
    kind: fc.constantFrom('a' as const, 'b' as const),
    nothing: fc.constant(null),
    'the "name"': fc.option(numbers),
    parts: fc.array(
      fc.record({ größe: texts, more: fc.array(numbers, { maxLength: 3 }) }, { requiredKeys: ['more'] }),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ['text', 'number', 'flag', 'kind', 'nothing', 'the "name"', 'parts'] },
);

/** As the check gives it: the fields in the order of the schema. */
const ordered = (thing: z.infer<typeof Thing>) => Thing.parse(thing);

test('a record is written as JSON.stringify writes it, wherever in the block', () => {
  const write = writerOf(Thing);
  fc.assert(
    fc.property(things, fc.nat(50), (thing, at) => {
      const data = ordered(thing);
      const block = Buffer.alloc(16_384);
      const end = write(data, block, at);
      expect(block.toString('utf8', at, end)).toBe(JSON.stringify(data));
      expect(block.subarray(end).every((byte) => byte === 0)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a block without room for all of a record is told from one that it fills to the last byte', () => {
  const write = writerOf(Thing);
  fc.assert(
    fc.property(things, fc.nat(), (thing, random) => {
      const data = ordered(thing);
      const bytes = Buffer.from(JSON.stringify(data));
      const room = random % bytes.length;
      expect(write(data, Buffer.alloc(room), 0)).toBeGreaterThan(room);
      const exact = Buffer.alloc(bytes.length);
      expect(write(data, exact, 0)).toBe(bytes.length);
      expect(exact.equals(bytes)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a record of several hundred fields, whose names are no longer written one byte after the other, is written as well', () => {
  const names = Array.from({ length: 300 }, (_, n) => `a field with the number ${n}, é`);
  const schema = z.object(Object.fromEntries(names.map((name) => [name, z.boolean()])));
  const data = Object.fromEntries(names.map((name, n) => [name, n % 3 === 0]));
  const block = Buffer.alloc(32_768);
  const end = writerOf(schema)(data, block, 7);
  expect(block.toString('utf8', 7, end)).toBe(JSON.stringify(data));
  expect(writerOf(schema)(data, Buffer.alloc(end - 8), 0)).toBeGreaterThan(end - 8);
});

test('names that stand elsewhere in an object, or that every object has, are left to JSON.stringify', () => {
  expect(compileJson(z.object({ b: z.string(), 1: z.string() }))).toBeUndefined();
  expect(compileJson(z.object({ constructor: z.string().optional() }))).toBeUndefined();
});

test('records of any size come back from the blocks as they were', () => {
  const write = writerOf(z.object({ text: z.string() }));
  fc.assert(
    fc.property(fc.array(fc.constantFrom(10, 1_000, 30_000, 40_000, 2_000_000), { maxLength: 60 }), (sizes) => {
      const blocks = new Blocks();
      const kept = sizes.map((size, index) => {
        const data = { text: String(index).padEnd(size, 'é') };
        return { data, content: blocks.writeBy(write, data, 50_000) ?? blocks.write(JSON.stringify(data)) };
      });
      for (const { data, content } of kept) expect(content.text).toBe(JSON.stringify(data));
    }),
    { numRuns: 20 },
  );
});

test('a large record stands alone, and is not tried to be put into a block until a small one has come', () => {
  const write = writerOf(z.object({ text: z.string() }));
  let tries = 0;
  const counted: JsonWriter = (...given) => {
    tries++;
    return write(...given);
  };
  const blocks = new Blocks();
  const put = (size: number) => blocks.writeBy(counted, { text: 'x'.repeat(size) }, 1_000_000)?.length;
  expect([put(10), tries]).toEqual([21, 2]);
  expect([put(70_000), put(70_000), put(10), tries]).toEqual([undefined, undefined, undefined, 3]);
  expect(blocks.write('"small"').text).toBe('"small"');
  expect([put(10), tries]).toEqual([21, 4]);
});

test('a record beyond the limit takes no room in the block', () => {
  const write = writerOf(z.object({ text: z.string() }));
  const blocks = new Blocks();
  const [small, large] = [{ text: 'x' }, { text: 'x'.repeat(100) }];
  const first = blocks.writeBy(write, small, 20);
  expect(blocks.writeBy(write, large, 20)).toBeUndefined();
  const second = blocks.writeBy(write, small, 20);
  const [one, other] = [first?.bytes, second?.bytes];
  expect(other?.byteOffset).toBe((one?.byteOffset ?? 0) + (one?.length ?? 0) + 1);
});

test('contents are put together with commas between them, whichever of them, in whatever order', () => {
  const write = writerOf(z.object({ n: z.number() }));
  const blocks = new Blocks();
  const kept = Array.from({ length: 100 }, (_, n) => {
    if (n % 40 === 39) blocks.write('x'.repeat(65_000));
    return n % 7 === 0 ? blocks.write(JSON.stringify({ n })) : blocks.writeBy(write, { n }, 1_000);
  }).filter((content) => content !== undefined);
  fc.assert(
    fc.property(fc.oneof(fc.shuffledSubarray(kept), fc.subarray(kept)), (some) => {
      const target = Buffer.alloc(10_000, '.');
      const end = Content.copyList(some, target, 3);
      expect(target.toString('utf8', 0, end)).toBe(`...${some.map(({ text }) => text).join(',')}`);
    }),
  );
});
