import { z } from 'zod';
import type { Json } from '../../model/record/json.ts';
import { preparation } from '../../model/record/prepare.ts';

const Item = z.object({ id: z.string().optional(), version: z.number(), value: z.string() });

function prepared(records: readonly Json[], maxRecordBytes = 1_000) {
  const work = preparation({
    from: Item,
    key: ['id'],
    version: 'version',
    mapping: { from: Item, to: Item, version: '1', run: (record) => ({ state: 'mapped', record }) },
    maxRecordBytes,
  });
  work.add(records, Date.now());
  return work.result();
}

test('a record without a key is set aside, of one key twice the newest stays, and keys that differ by case are two', () => {
  const { validated, transformed } = prepared([
    { version: 1, value: 'no key' },
    { id: 'a', version: 2, value: 'newer' },
    { id: 'a', version: 1, value: 'older' },
    { id: 'A', version: 1, value: 'another' },
  ]);
  expect(validated.rejects.map(({ code, ordinal }) => [code, ordinal])).toEqual([['KEY_MISSING', 0]]);
  expect(transformed.ready.map(({ key, ordinal }) => [key, ordinal])).toEqual([
    ['a', 1],
    ['A', 3],
  ]);
  expect(transformed.superseded).toBe(1);
});

test('a record larger than the policy allows is set aside alone, and its reason does not hold it', () => {
  const huge = 'x'.repeat(100_000);
  const { transformed } = prepared([
    { id: 'a', version: 1, value: 'small' },
    { id: 'b', version: 1, value: huge },
  ]);
  expect(transformed.ready.map(({ key }) => key)).toEqual(['a']);
  expect(transformed.rejects).toMatchObject([{ key: 'b', code: 'RECORD_TOO_LARGE', field: null, rule: 'size' }]);
  expect(transformed.rejects[0]?.reason).not.toContain('xx');
});
