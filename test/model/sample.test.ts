import fc from 'fast-check';
import { Sample } from '../../model/record/sample.ts';

/** Requests of these sizes, whose records are numbered from 0 on. */
const requestsOf = (sizes: readonly number[]): number[][] => {
  let n = 0;
  return sizes.map((size) => Array.from({ length: size }, () => n++));
};

function sampleOf(requests: readonly (readonly number[])[], size: number, seed: string): readonly number[] {
  const sample = new Sample<number>(size, seed);
  for (const request of requests) sample.add(request);
  return sample.records;
}

const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 30 });

test('a sample has the last record of each request, as many others as it may, none twice, and is the same for its seed', () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 30, max: 60 }), fc.string(), (lengths, size, seed) => {
      const requests = requestsOf(lengths);
      const chosen = sampleOf(requests, size, seed);
      const lasts = requests.flatMap((request) => request.slice(-1));
      const others = requests.flatMap((request) => request.slice(0, -1));
      expect(new Set(chosen).size).toBe(chosen.length);
      expect(chosen).toEqual(expect.arrayContaining(lasts));
      expect(chosen.length - lasts.length).toBe(Math.min(size, others.length));
      expect(sampleOf(requests, size, seed)).toEqual(chosen);
    }),
  );
});

test('every record of a batch has the same chance, whatever came before it', () => {
  const requests = requestsOf([1000, 1]);
  const met = new Array<number>(10).fill(0);
  for (let seed = 0; seed < 200; seed++)
    for (const record of sampleOf(requests, 100, `run-${seed}/1`))
      if (record < 999) met[Math.floor(record / 100)] = (met[Math.floor(record / 100)] ?? 0) + 1;
  // 200 times 100 of 999, in tenths: about 2,000 each, and the standard deviation is about 40.
  for (const tenth of met) expect(Math.abs(tenth - 2000)).toBeLessThan(250);
});

test('requests of one record are sampled too, and a sample of nothing is empty', () => {
  const single = requestsOf(new Array<number>(5000).fill(1));
  const chosen = sampleOf(single, 100, 'run/1');
  expect(chosen).toHaveLength(100);
  expect(Math.max(...chosen)).toBeGreaterThan(2500);
  expect(sampleOf(requestsOf([500, 500]), 0, 'run/1')).toEqual([]);
  expect(sampleOf(requestsOf([500, 500]), Number.POSITIVE_INFINITY, 'run/1')).toHaveLength(1000);
});
