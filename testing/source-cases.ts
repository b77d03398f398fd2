import type { JsonRecord } from '../model/record/json.ts';
import { asIs, byId, caseOf, type Given, idOf, never, openSource } from './given.ts';
import { readAll } from './read-all.ts';
import { type Sample, sample, samples, trickySamples } from './samples.ts';

/** What it reads: all of it, once, from any position. */
export function sourceCases(given: Given): void {
  const { subject, system } = given;
  const asRead = subject.asRead ?? asIs;
  const open = () => openSource(subject, system());

  test('reads all pages, each record once', async () => {
    await system().seed(samples(35));
    const pages = await readAll(open());
    expect(pages.length).toBeGreaterThan(1);
    expect(byId(pages.flatMap(({ records }) => records))).toEqual(byId(samples(35).map(asRead)));
    expect(pages.at(-1)?.next).toBeNull();
    expect(pages.slice(0, -1).every(({ next }) => next !== null)).toBe(true);
  });

  test('reads an empty source to its end', async () => {
    const pages = await readAll(open());
    expect(pages.flatMap(({ records }) => records)).toEqual([]);
    expect(pages.at(-1)?.next ?? null).toBeNull();
  });

  test('goes on from the position of every page without a loss or a double', async () => {
    await system().seed(samples(35));
    const whole = await readAll(open());
    const ids = whole.map(({ records }) => records.map(idOf));
    for (const [index, page] of whole.entries()) {
      if (page.next === null) continue;
      const stored = JSON.parse(JSON.stringify(page.next));
      const rest = await readAll(open(), stored);
      expect([...ids.slice(0, index + 1).flat(), ...rest.flatMap(({ records }) => records.map(idOf))]).toEqual(
        ids.flat(),
      );
    }
  });

  test('keeps a position small', async () => {
    await system().seed(samples(35));
    for (const { next } of await readAll(open())) expect(JSON.stringify(next).length).toBeLessThan(4096);
  });

  test('decodes a staged page to the same records, every time', async () => {
    await system().seed([...samples(12), ...trickySamples()]);
    const source = open();
    for (const page of await readAll(source)) {
      expect(source.decode(page.body)).toEqual(page.records);
      expect(open().decode(Buffer.from(page.body))).toEqual(page.records);
    }
  });

  test('gives unicode, empty texts, nulls, nested values and long numbers as they are', async () => {
    await system().seed(trickySamples());
    const records = (await readAll(open())).flatMap(({ records }) => records);
    expect(byId(records)).toEqual(byId(trickySamples().map(asRead)));
  });

  test('ends promptly when the signal is given', async () => {
    await system().seed(samples(35));
    const stop = new AbortController();
    const pages = open().read({ position: null, since: null, signal: stop.signal })[Symbol.asyncIterator]();
    expect((await pages.next()).done).toBe(false);
    stop.abort(new Error('the reader has gone'));
    const after = await pages.next().then(
      ({ done }) => (done ? 'ended' : 'another page'),
      () => 'ended',
    );
    expect(after).toBe('ended');
  });

  test('lets a reader leave after any page', async () => {
    await system().seed(samples(35));
    let seen = 0;
    for await (const page of open().read({ position: null, since: null, signal: never() })) {
      seen += page.records.length;
      if (seen > 10) break;
    }
    expect(seen).toBeGreaterThan(0);
  });

  caseOf(given, 'incremental', 'reads only what changed at or after a version', async () => {
    const all = samples(35);
    await system().seed(all);
    const source = open();
    expect(source.can.incremental).toBe(true);
    const since = (subject.sinceOf ?? ((one: Sample) => one.updated))(sample(20));
    const records = (await readAll(source, null, since)).flatMap(({ records }) => records);
    expect(byId(records)).toEqual(byId(all.filter(({ updated }) => updated >= sample(20).updated).map(asRead)));
  });

  caseOf(
    given,
    'by key',
    'reads records by key as a whole read gives them, and leaves out what is not there',
    async () => {
      await system().seed(samples(35));
      const source = open();
      const keys = [['not-there'], [sample(3).id], [sample(17).id], [sample(30).id]];
      const asked = await source.readKeys?.({ fields: ['/id'], keys, signal: never() });
      const wanted = new Set(keys.flat());
      const all = (await readAll(source)).flatMap(({ records }) => records);
      const expected = all.filter((record) => wanted.has(String((record as JsonRecord)['id'])));
      expect(expected).toHaveLength(3);
      expect(byId((asked ?? []).filter((record) => wanted.has(String((record as JsonRecord)['id']))))).toEqual(
        byId(expected),
      );
    },
  );
}
