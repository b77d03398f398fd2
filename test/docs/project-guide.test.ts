import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCode } from '../../model/failure/exit-code.ts';
import { problemCodes } from '../../model/text/problem.ts';

const guide = readFileSync(join(import.meta.dirname, '../..', 'docs', 'project.md'), 'utf8');

test('the guide has an entry, with its meaning, for each problem code, and none for a code that is gone', () => {
  const documented = [...guide.matchAll(/^\| `([A-Z_]+)` +\| (.+?) +\|$/gm)].map(([, code, meaning]) => [
    code,
    meaning,
  ]);
  expect(documented.sort()).toEqual(Object.entries(problemCodes).sort());
});

test('the guide has every exit code', () => {
  const documented = [...guide.matchAll(/^\| (\d+) +\| /gm)].map(([, code]) => Number(code));
  expect(documented).toEqual(Object.values(exitCode));
});
