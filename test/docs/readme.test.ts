import { readdirSync, readFileSync } from 'node:fs';
import { verbs } from '../../cli/verbs.ts';

const readme = readFileSync('README.md', 'utf8');

test('the readme leads to every page of the guide', () => {
  const pages = readdirSync('docs').filter((name) => name.endsWith('.md'));
  expect(pages.filter((name) => !readme.includes(`](docs/${name})`))).toEqual([]);
});

test('the readme names every command, and none that is not there', () => {
  const table = readme.slice(readme.indexOf('## Commands'), readme.indexOf('## What is promised'));
  const named = [...table.matchAll(/`([a-z]+)`/g)].map(([, word]) => word);
  expect(named.sort()).toEqual(verbs.map(({ name }) => name).sort());
});
