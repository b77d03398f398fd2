import fc from 'fast-check';
import { joinKey, keyOf, splitKey } from '../../model/record/record-key.ts';

const part = fc.string({ unit: fc.constantFrom('a', '|', '\\', 'b', ' ', '\n') });

test('keys of several fields come apart again, so that two records never share one', () => {
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
      expect(splitKey(joinKey(parts), parts.length)).toEqual(parts);
    }),
  );
  expect(joinKey(['a|', 'b'])).not.toBe(joinKey(['a', '|b']));
});

test('a key of another number of fields is none', () => {
  expect(splitKey('a|b', 3)).toBeUndefined();
  expect(splitKey('a\\|b', 2)).toBeUndefined();
});

test('a key is read from text and whole numbers at any depth', () => {
  expect(keyOf({ shop: { id: 7 }, no: 'x' }, ['/shop/id', 'no'])).toEqual({ key: '7|x' });
  expect(keyOf({ no: 1.5 }, ['no'])).toEqual({ field: 'no', code: 'KEY_TYPE' });
  expect(keyOf({ no: '' }, ['no'])).toEqual({ field: 'no', code: 'KEY_MISSING' });
});
