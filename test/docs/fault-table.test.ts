import { existsSync, readFileSync } from 'node:fs';

interface Row {
  readonly id: string;
  readonly shown: string;
}

const page = readFileSync('docs/faults.md', 'utf8');
const rows: Row[] = [...page.matchAll(/^\| (F\d\d) \|.*\| ([^|]+) \|$/gm)].map(([, id = '', shown = '']) => ({
  id,
  shown,
}));

const between = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, n) => `F${String(from + n).padStart(2, '0')}`);

test('every fault of the list has one row', () => {
  expect(rows.map(({ id }) => id)).toEqual([
    ...between(1, 26),
    ...between(36, 41),
    ...between(55, 82),
    ...between(91, 92),
    'F94',
  ]);
});

test.each(rows)('$id names a test that is there, or says why there is none', ({ shown }) => {
  const [, file, sentence] = /^`(test\/[\w./-]+\.test\.ts)`: (.+)$/.exec(shown) ?? [];
  if (file === undefined || sentence === undefined) {
    expect(shown).toMatch(/^not tested[^:]*: \S/);
    return;
  }
  expect(existsSync(file)).toBe(true);
  const names = readFileSync(file, 'utf8').replaceAll(/\\'/g, "'");
  expect(names).toContain(sentence);
});
