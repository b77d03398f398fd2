import fc from 'fast-check';
import { z } from 'zod';
import { contentComparison } from '../../engine/delivery/read-back.ts';
import { map } from '../../model/mapping/map.ts';
import type { Mapping } from '../../model/mapping/mapping.ts';
import { asText, or, rule, to } from '../../model/mapping/public.ts';
import { exactJson, exactMember, parseExact } from '../../model/record/exact-json.ts';
import { assignExact, isExactNumber, isUncommon } from '../../model/record/exact-marks.ts';
import type { Json, JsonRecord } from '../../model/record/json.ts';
import { preparation } from '../../model/record/prepare.ts';

const big = '1234567890123456789';
const fine = '0.10000000000000000001';

describe('JSON with what JavaScript cannot hold', () => {
  test('comes out as it went in, digit by digit and name by name', () => {
    const number = fc.oneof(fc.constantFrom(big, `-${big}`, fine, '1e400'), fc.integer().map(String));
    const text = fc.oneof(fc.constantFrom(big, '__proto__', '\\'), fc.string()).map((value) => JSON.stringify(value));
    const name = fc.constantFrom('"__proto__"', '"a"', '"12345678901234567890"', '"constructor"');
    const { value } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        number,
        text,
        fc.constant('null'),
        fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
        fc
          .uniqueArray(fc.tuple(name, tie('value')), { maxLength: 4, selector: ([key]) => key })
          .map((members) => `{${members.map(([key, member]) => `${key}:${member}`).join(',')}}`),
      ),
    }));
    fc.assert(
      fc.property(value, (json) => {
        expect(exactJson(parseExact(`[${json}]`))).toBe(`[${json}]`);
      }),
    );
    expect(Object.prototype).not.toHaveProperty('a');
  });

  test('is known by the object that holds it, and by those around that one', () => {
    const parsed = parseExact(`{"a":[{"b":${big}}],"c":{"b":"${big}"}}`) as JsonRecord;
    const [inner] = parsed['a'] as JsonRecord[];
    expect(inner).toEqual({ b: big });
    expect(isExactNumber(inner ?? {}, 'b')).toBe(true);
    expect([parsed, parsed['a'], parsed['c']].map(isUncommon)).toEqual([true, true, false]);
    expect(isUncommon(parseExact('{"a":1,"b":[2]}'))).toBe(false);
    expect(isUncommon(parseExact('{"\\u005f_proto__":1}'))).toBe(true);
  });

  test('is told from a text member by member, also in an object that was put together', () => {
    const target: Record<string, Json> = {};
    assignExact(target, parseExact(`{"a":${big},"b":"${big}"}`) as JsonRecord);
    expect([exactMember(target, 'a'), exactMember(target, 'b')]).toEqual([big, `"${big}"`]);
    assignExact(target, parseExact(`{"a":"${big}"}`) as JsonRecord);
    expect(exactMember(target, 'a')).toBe(`"${big}"`);
  });
});

const preparedBy = (mapping: Mapping, record: string) => {
  const work = preparation({ from: mapping.from, key: ['id'], version: undefined, mapping, maxRecordBytes: 10_000 });
  work.add([parseExact(record)], Date.now());
  const { validated, transformed } = work.result();
  const [reject] = [...validated.rejects, ...transformed.rejects];
  return transformed.ready[0]?.content.text ?? reject;
};

const doc = `{"n":${big},"t":"${big}","l":[${fine},{"__proto__":{"x":1},"y":2}]}`;
const open = z.object({ id: z.string(), doc: z.json() });
const moved = map(open, open, (r) => ({ id: r.id, doc: r.doc }));

describe('a mapping', () => {
  test.each([
    ['JSON', z.json()],
    ['anything', z.unknown()],
    ['any record', z.record(z.string(), z.json())],
    ['an object that may have more', z.looseObject({ n: z.union([z.number(), z.string()]) })],
    ['a nullable value', z.json().nullable()],
  ])('carries %s with its numbers and names as they are', (_name, schema) => {
    const one = z.object({ id: z.string(), doc: schema });
    const mapping = map(one, z.object({ id: z.string(), doc: z.json() }), (r) => ({ id: r.id, doc: r.doc as never }));
    expect(preparedBy(mapping, `{"id":"a","doc":${doc}}`)).toBe(`{"id":"a","doc":${doc}}`);
  });

  test('carries a number where the schema takes numbers and texts, and gives a text where it takes texts only', () => {
    const from = z.object({ id: z.union([z.number(), z.string()]), other: z.string(), items: z.array(z.json()) });
    const into = z.object({ id: z.union([z.number(), z.string()]), other: z.string(), items: z.array(z.json()) });
    const mapping = map(from, into, (r) => ({ id: r.id, other: r.other, items: r.items }));
    const json = `{"id":${big},"other":${big},"items":[${big},1]}`;
    expect(preparedBy(mapping, json)).toBe(`{"id":${big},"other":"${big}","items":[${big},1]}`);
  });

  test('gives a rule the text, and refuses what a rule would not see', () => {
    const count = rule('count', 'counted', (value: z.core.util.JSONType) => JSON.stringify(value));
    const into = z.object({ id: z.string(), doc: z.string() });
    const mapping = map(open, into, (r) => ({ id: r.id, doc: to(r.doc, count) }));
    expect(preparedBy(mapping, `{"id":"a","doc":{"n":${big}}}`)).toBe(`{"id":"a","doc":"{\\"n\\":\\"${big}\\"}"}`);
    expect(preparedBy(mapping, '{"id":"a","doc":{"l":[{"__proto__":1}]}}')).toMatchObject({
      code: 'SOURCE_SCHEMA',
      field: '/doc/l/0/__proto__',
      reason: expect.stringContaining('__proto__'),
    });
  });

  test('gives texts where the destination takes texts only, or does not take what is marked', () => {
    const either = z.object({ id: z.string(), n: z.union([z.number(), z.string().max(20)]) });
    const texts = z.object({ id: z.string(), n: z.string() });
    const loose = map(z.object({ id: z.string(), n: z.any() }), texts, (r) => ({ id: r.id, n: or(r.n, 'none') }));
    expect(preparedBy(loose, `{"id":"a","n":${big}}`)).toBe(`{"id":"a","n":"${big}"}`);
    const short = map(either, either, (r) => ({ id: r.id, n: r.n }));
    expect(preparedBy(short, `{"id":"a","n":${big}}`)).toBe(`{"id":"a","n":"${big}"}`);
  });

  test('leaves out a name that its schema does not have, whatever the name', () => {
    expect(preparedBy(moved, '{"id":"a","doc":1,"__proto__":{"x":1}}')).toBe('{"id":"a","doc":1}');
  });

  test('names the cause where a number has more digits than its schema can take', () => {
    const numbers = z.object({ id: z.string(), at: z.object({ n: z.number() }) });
    const mapping = map(numbers, z.object({ id: z.string(), n: z.string() }), (r) => ({
      id: r.id,
      n: to(r.at.n, asText()),
    }));
    expect(preparedBy(mapping, `{"id":"a","at":{"n":${big}}}`)).toMatchObject({
      code: 'SOURCE_SCHEMA',
      field: '/at/n',
      reason: expect.stringContaining('z.union([z.number(), z.string()])'),
    });
    expect(preparedBy(mapping, '{"id":"a","at":{"n":"x"}}')).toMatchObject({
      reason: expect.not.stringContaining('z.union'),
    });
  });
});

test('what is read back is compared digit by digit', () => {
  const destination = {
    can: { upsert: true },
    limits: { records: 1, bytes: 1_000, concurrency: 1 },
    write: async () => [],
  };
  const compare = contentComparison(destination, { mapping: moved });
  const written = `{"id":"a","doc":{"n":${big},"__proto__":1}}`;
  expect(compare(written, parseExact(written))).toEqual([]);
  expect(compare(written, parseExact(written.replace('789', '788')))).not.toEqual([]);
});
