import { refusal, refusalIn, withoutValues } from '../../connectors/rest/reason.ts';
import type { Json } from '../../model/record/json.ts';

const record = JSON.stringify({
  email: 'Canary@Example.org',
  name: 'Ada Canary',
  code: 'XY',
  amount: 1234.5,
  lines: [{ sku: 'SKU-77', note: null, on: true }],
});

describe('the refusal in an error answer', () => {
  test.each<[name: string, body: Json | undefined, message: string, field: string | undefined]>([
    ['a message', { message: 'is too long' }, 'is too long', undefined],
    ['a problem of RFC 9457', { title: 'Bad', detail: 'is too long' }, 'is too long', undefined],
    ['a text', { error: 'is too long' }, 'is too long', undefined],
    ['an object', { error: { message: 'is too long', param: 'name' } }, 'is too long', 'name'],
    ['a list of texts', { errors: ['is too long', 'is odd'] }, 'is too long', undefined],
    [
      'a list of objects',
      { message: 'bad', errors: [{ path: ['lines', 0], message: 'is too long' }] },
      'is too long',
      'lines.0',
    ],
    [
      'a pointer',
      { errors: [{ detail: 'is too long', source: { pointer: '/data/name' } }] },
      'is too long',
      '/data/name',
    ],
    ['texts by field', { errors: { name: ['is too long'] } }, 'is too long', 'name'],
    [
      'objects by field',
      { data: { name: { code: 'v', message: 'is too long' } }, message: 'bad' },
      'is too long',
      'name',
    ],
    ['a violation', { violations: [{ propertyPath: 'name', message: 'is too long' }] }, 'is too long', 'name'],
    ['nothing', {}, 'answered 422', undefined],
    ['no JSON', undefined, 'answered 422', undefined],
    ['a list', [1, 2], 'answered 422', undefined],
  ])('is found in %s', (_name, body, reason, field) => {
    expect(refusalIn(body, 422, record)).toEqual(field === undefined ? { reason } : { reason, field });
  });

  test('is short, and no field is named that is not a name', () => {
    const { reason, field } = refusal('word '.repeat(300), 'a field\nwith <markup>', record, 'otherwise');
    expect(reason.length).toBeLessThanOrEqual(200);
    expect(field).toBeUndefined();
    expect(refusal('x'.repeat(5_000), 'name', record, 'otherwise')).toEqual({ reason: 'otherwise', field: 'name' });
  });
});

describe('a message', () => {
  test.each([
    ['Canary@Example.org is taken', '… is taken'],
    ['canary@example.org is taken', '… is taken'],
    ['mail to someone@elsewhere.net failed', 'mail to … failed'],
    ['Ada Canary exists', '… exists'],
    ['ADA CANARY exists', '… exists'],
    ['code XY is unknown in EXXYEX', 'code … is unknown in EXXYEX'],
    ['1234.5 is too much', '… is too much'],
    ['item SKU-77 is unknown', 'item … is unknown'],
    ['"ada" is no valid name', '… is no valid name'],
    ['"email" must be unique', '"email" must be unique'],
    ['order 20260131 is closed', 'order … is closed'],
    ['line\nbreak\u0007 and   space', 'line break and space'],
  ])('%p shows nothing of the record: %p', (message, expected) => {
    expect(withoutValues(message, record)).toBe(expected);
  });
});
