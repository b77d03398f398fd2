import { sameInJson } from '../../connectors/rest/same.ts';
import type { Json } from '../../model/record/json.ts';

test.each<readonly [string, Json, Json]>([
  ['fields of the API itself', { a: 1 }, { a: 1, id: 'x' }],
  ['null and absent', { a: null }, {}],
  ['a decimal as text', { a: 12.5 }, { a: '12.50' }],
  ['a decimal as number', { a: '12.50' }, { a: 12.5 }],
  ['an instant in another zone', { a: '2026-03-01T12:00:00+02:00' }, { a: '2026-03-01T10:00:00Z' }],
  ['an instant without its zeros', { a: '2026-03-01T10:00:00.000Z' }, { a: '2026-03-01T10:00:00Z' }],
  ['nested fields of the API itself', { a: [{ b: 1 }] }, { a: [{ b: 1, id: 2 }] }],
])('a JSON API that gives back %s says what was written', (_name, written, read) => {
  expect(sameInJson(written, read)).toBe(true);
});

test.each<readonly [string, Json, Json]>([
  ['another text', { a: 'x' }, { a: 'X' }],
  ['a trimmed text', { a: 'x ' }, { a: 'x' }],
  ['a text of digits', { a: '007' }, { a: '7' }],
  ['a rounded number', { a: 12.345 }, { a: 12.35 }],
  ['another instant', { a: '2026-03-01T10:00:00Z' }, { a: '2026-03-01T10:00:01Z' }],
  ['nothing', { a: 'x' }, {}],
  ['a list that was cut', { a: [1, 2] }, { a: [1] }],
  ['a truth as number', { a: true }, { a: 1 }],
])('a JSON API that gives back %s does not', (_name, written, read) => {
  expect(sameInJson(written, read)).toBe(false);
});
