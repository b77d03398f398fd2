import { readFileSync } from 'node:fs';
import { type FailureCode, failures } from '../model/failure.ts';

const page = readFileSync('docs/failures.md', 'utf8');
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')).trim(), section]),
);

test('every failure code has its section on the page, and the page has no other', () => {
  expect([...sections.keys()].sort()).toEqual(Object.keys(failures).sort());
});

test.each(Object.keys(failures) as FailureCode[])('the section of %s says what the engine says', (code) => {
  const { next, meaning, todo } = failures[code];
  const section = sections.get(code);
  expect(section).toContain(meaning);
  expect(section).toContain(`**Next:** ${next}.`);
  expect(section).toContain(todo);
  expect(section).toContain('**Likely causes:**');
});
