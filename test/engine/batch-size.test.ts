import { endsHere, GrowingBatch } from '../../engine/batches/growing-batch.ts';
import { policySchema } from '../../model/sync/policy.ts';

const ends = (seq: number, records: number, given: { batchRecords?: number } = {}): boolean =>
  endsHere(new GrowingBatch(seq, 1, records, 0, 'more'), { policy: policySchema.parse(given) });

test.each([
  [1, 2_500],
  [2, 5_000],
  [3, 10_000],
  [4, 20_000],
  [5, 20_000],
  [5_000, 20_000],
])('batch %i of a run ends at %i records', (seq, records) => {
  expect([ends(seq, records - 1), ends(seq, records)]).toEqual([false, true]);
});

test('a sync that wants smaller batches has them from the first', () => {
  expect([1, 2, 9].map((seq) => [ends(seq, 99, { batchRecords: 100 }), ends(seq, 100, { batchRecords: 100 })])).toEqual(
    Array.from({ length: 3 }, () => [false, true]),
  );
});

test('a batch ends with the source, however small it is', () => {
  expect(endsHere(new GrowingBatch(4, 1, 1, 0, null), { policy: policySchema.parse({}) })).toBe(true);
});
