import fc from 'fast-check';
import { parseInPieces } from '../../connectors/common/page-json.ts';
import { parseBody } from '../../connectors/rest/body.ts';
import { parseExact } from '../../model/record/exact-json.ts';

const decode = (bytes: Buffer): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);
const inPieces = (text: string, list = '/orders', pieceBytes = 40) =>
  parseInPieces(Buffer.from(text), { list, pieceBytes, wrong: new Set() });
const whole = (text: string) => parseExact(text.replace(/^\ufeff/, ''));

/** Texts that look like the place where one record ends and the next begins, or like a list. */
const tricky = fc.constantFrom(
  '},{"id"',
  '},{"id":1',
  '[{"',
  '"',
  '\\',
  '\\"},{"id":"',
  ']}',
  ',',
  '{',
  'é',
  '子',
  '😀',
);
const text = fc.array(fc.oneof(tricky, fc.string({ maxLength: 6 })), { maxLength: 4 }).map((parts) => parts.join(''));
const value = fc.oneof(text, fc.integer(), fc.constant(null), fc.boolean(), fc.constant(0.1));
const nested = fc.array(fc.record({ id: value, sku: text }), { maxLength: 3 });
const order = fc.record({ id: value, note: text, items: nested }, { requiredKeys: [] });
const orders = fc.array(order, { minLength: 5, maxLength: 40 });
const beside = fc.dictionary(fc.constantFrom('a', 'next', 'id', '[{"'), fc.oneof(value, nested), { maxKeys: 3 });

test('a document in pieces is the same as the document at once, whatever its texts look like', () => {
  fc.assert(
    fc.property(orders, beside, beside, (list, before, after) => {
      const document = JSON.stringify({ ...before, orders: list, ...after });
      const found = inPieces(document);
      if (found !== undefined) expect(found).toEqual(whole(document));
      expect(parseBody(Buffer.from(document), 'GET /orders of shop', '/orders')).toEqual(whole(document));
    }),
    { numRuns: 1_000 },
  );
});

test('what was changed by one byte is either refused, or the same as the document at once', () => {
  fc.assert(
    fc.property(orders, fc.nat(), fc.constantFrom(...Buffer.from('"\\{}[],:1 ')), (list, place, byte) => {
      const bytes = Buffer.from(JSON.stringify({ orders: list, next: 'n' }));
      bytes[place % bytes.length] = byte;
      const found = parseInPieces(bytes, { list: '/orders', pieceBytes: 40, wrong: new Set() });
      if (found !== undefined) expect(found).toEqual(whole(decode(bytes)));
    }),
    { numRuns: 2_000 },
  );
});

const many = Array.from({ length: 50 }, (_, id) => ({ id, note: 'a note' }));

test.each([
  ['a list within the document', JSON.stringify({ orders: many, next: 2 }), '/orders'],
  ['the document itself', JSON.stringify(many), ''],
  ['a list that lies deeper, behind another', JSON.stringify({ a: [1, 2], page: { orders: many } }), '/page/orders'],
  [
    'numbers that a double cannot hold',
    JSON.stringify({ orders: many }).replaceAll('"id":1', '"id":12345678901234567891'),
    '/orders',
  ],
  ['a byte order mark', `\ufeff${JSON.stringify({ orders: many })}`, '/orders'],
])('is cut into pieces: %s', (_, document, list) => {
  expect(inPieces(document, list)).toEqual(whole(document));
});

test.each([
  ['short documents', JSON.stringify({ orders: [{ id: 1 }] }), '/orders'],
  ['a list that stands behind another of objects', JSON.stringify({ ids: many, orders: many }), '/orders'],
  ['a name that is there twice', `{"orders":${JSON.stringify(many)},"orders":[]}`, '/orders'],
  [
    'nested lists whose objects begin as the records do',
    JSON.stringify(many.map((one) => ({ id: 'x'.repeat(50), all: [one, one, one] }))),
    '',
  ],
  ['no JSON', `{"orders":${JSON.stringify(many)}`, '/orders'],
])('are left to the parser of the whole: %s', (_, document, list) => {
  expect(inPieces(document, list)).toBeUndefined();
});

test('are left to the parser of the whole: bytes that are not UTF-8', () => {
  const bytes = Buffer.from(JSON.stringify({ orders: many }));
  bytes[bytes.lastIndexOf('a note')] = 0xff;
  expect(parseInPieces(bytes, { list: '/orders', pieceBytes: 40, wrong: new Set() })).toBeUndefined();
});

test('a document that was cut wrong is not cut again, others are', () => {
  const wrong = new Set<string>();
  const cut = (document: unknown, list: string) =>
    parseInPieces(Buffer.from(JSON.stringify(document)), { list, pieceBytes: 40, wrong }) !== undefined;
  expect(cut({ link: [{ id: 1 }], orders: many }, '/orders')).toBe(false);
  expect(wrong.size).toBe(1);
  expect(cut({ orders: many }, '/orders')).toBe(false);
  expect(cut({ entries: many }, '/entries')).toBe(true);
});
