import fc from 'fast-check';
import { canonicalDecimal, parseExact } from '../../model/record/exact-json.ts';

describe('exact JSON', () => {
  test('agrees with JSON.parse on everything that JSON.stringify writes', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 4 }), (text) => expect(parseExact(text)).toEqual(JSON.parse(text))));
  });

  test('keeps a number as text exactly when a double would change it', () => {
    const digits = fc.stringMatching(/^-?[1-9][0-9]{0,25}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?$/);
    fc.assert(
      fc.property(digits, (token) => {
        const value = parseExact(`{"a":[${token}]}`);
        const [got] = Object.values(Object(value)).flat();
        const exact = canonicalDecimal(token.toLowerCase()) === canonicalDecimal(String(Number(token)));
        expect(got).toBe(exact ? Number(token) : token);
      }),
    );
  });

  test.each([
    ['9007199254740993', '9007199254740993'],
    ['9007199254740992', 9007199254740992],
    ['1e400', '1e400'],
    ['1e-400', '1e-400'],
    ['[1e099,5e-324,1e+0400]', [1e99, 5e-324, '1e+0400']],
    ['1E+2', 100],
    ['0.1000000000000000055511151231257827', '0.1000000000000000055511151231257827'],
    ['123456789012345.50', 123456789012345.5],
    ['-0.00000000000000000000', -0],
  ])('%s becomes %p', (token, expected) => {
    expect(parseExact(token)).toEqual(expected);
  });

  test('leaves numbers inside texts and names alone', () => {
    const text = '{"12345678901234567890":"\\"12345678901234567890, 1e400\\\\","x":"9007199254740993"}';
    expect(parseExact(text)).toEqual(JSON.parse(text));
  });

  test.each([
    '{12345678901234567890:1}',
    '01234567890123456789',
    '[1234567890123456789.]',
    '{"a":12345678901234567890',
  ])('refuses %s as JSON.parse does', (text) => {
    expect(() => parseExact(text)).toThrow(expect.objectContaining({ name: 'SyntaxError' }));
  });
});
