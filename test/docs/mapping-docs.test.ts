import {
  equals,
  lookup,
  map,
  or,
  orOmit,
  orReject,
  reject,
  rule,
  template,
  to,
  toIfPresent,
  trim,
  when,
} from 'syncline';
import { z } from 'zod';
import type { Connection } from '../../model/connection/connection.ts';
import type { Mapping } from '../../model/mapping/mapping.ts';
import { policySchema } from '../../model/sync/policy.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import { filesOf } from '../../operations/docs/files.ts';
import { indexHtml, syncHtml } from '../../operations/docs/html.ts';
import { syncMarkdown } from '../../operations/docs/markdown.ts';
import { pageOf, type SyncPage } from '../../operations/docs/page.ts';

const From = z.object({
  id: z.string(),
  name: z.string().nullish(),
  country: z.string(),
  vip: z.boolean(),
  secret: z.string(),
  items: z.array(z.object({ sku: z.string(), note: z.string().optional() })),
});
const To = z.object({
  key: z.string(),
  greeting: z.string(),
  name: z.string().nullish(),
  nick: z.string().optional(),
  must: z.string(),
  country: z.enum(['DE', 'FR']),
  level: z.enum(['gold', 'plain']),
  source: z.literal('shop'),
  lines: z.array(z.object({ sku: z.string(), count: z.int() })),
});

const odd = rule('odd', 'with a | pipe and <b>markup</b> from {0}', (text: string, _by: string) => text);

const mapping = map(
  From,
  To,
  (record) => ({
    key: to(record.id, odd.with('a|b<i>')),
    greeting: template`Dear ${or(record.name, 'customer')}`,
    name: toIfPresent(record.name, trim()),
    nick: orOmit(record.name),
    must: orReject(record.name, 'nobody without a name'),
    country: to(record.country, lookup({ Germany: 'DE', France: 'FR' }, { otherwise: reject('another country') })),
    level: when(record.vip, 'gold', 'plain'),
    source: 'shop',
    lines: record.items.each((item) => ({ sku: item.sku, count: 1 })),
  }),
  {
    where: (record) => equals(record.vip, true),
    unused: ['secret', '/items/*/note'],
    samples: [
      {
        summary: 'the usual | one',
        have: { id: '1', name: ' Ann ', country: 'Germany', vip: true, secret: 's', items: [{ sku: 'S1' }] },
        want: {
          key: '1',
          greeting: 'Dear  Ann ',
          name: 'Ann',
          nick: ' Ann ',
          must: ' Ann ',
          country: 'DE',
          level: 'gold',
          source: 'shop',
          lines: [{ sku: 'S1', count: 1 }],
        },
      },
      { summary: 'nobody', have: { id: '1' }, rejects: 'country' },
    ],
  },
);

const connection = (name: string, kind: string): Connection => ({
  name,
  kind,
  settings: {},
  limits: {},
  timeoutMs: 30_000,
  maxResponseBytes: 1024,
});

function loaded(name: string, of: Mapping = mapping): LoadedSync {
  const endpoint = { kind: 'rest', connection: 'shop', options: {} };
  const unused = (): never => {
    throw new Error('not opened');
  };
  return {
    name,
    file: `syncs/${name}.ts`,
    sync: { summary: 'From <shop> to [books]', source: endpoint, key: '/id', mapping: of, destination: endpoint },
    policy: policySchema.parse({}),
    mode: 'incremental',
    overlapMs: 300_000,
    sourceConnection: connection('shop', 'rest'),
    destinationConnection: connection('books', 'postgres'),
    openSource: unused,
    openDestination: unused,
    version: 'v',
  };
}

const page = (): SyncPage => pageOf(loaded('orders'), 'T1');

test('each destination field has its source, its rule, what happens without a value, and an example', () => {
  const rows = page().mapping?.rows.map(({ field, sources, rule: words, missing, example }) => ({
    field,
    sources: sources.join(' '),
    words,
    missing,
    after: example?.after,
  }));
  const required = 'required at the source';
  const row = (field: string, sources: string, words: string, missing: string, after?: unknown): object => ({
    field,
    sources,
    words,
    missing,
    after,
  });
  expect(rows).toEqual([
    row('key', 'id', 'with a | pipe and <b>markup</b> from `"a|b<i>"`', required, '1'),
    row('greeting', 'name', '`"Dear "` joined with `name` or else `"customer"`', 'becomes `"customer"`', 'Dear  Ann '),
    row('name', 'name', 'without space at either end', 'null stays null; left out', 'Ann'),
    row('nick', 'name', 'as it is', 'left out', ' Ann '),
    row('must', 'name', 'as it is', 'the record is set aside: nobody without a name', ' Ann '),
    row(
      'country',
      'country',
      'translated: `"Germany"` → `"DE"`, `"France"` → `"FR"`; anything else: a rejection: another country',
      required,
      'DE',
    ),
    row('level', 'vip', '`"gold"` when `vip`, otherwise `"plain"`', required, 'gold'),
    row('source', '', 'always `"shop"`', 'never: it is fixed', 'shop'),
    row('lines', 'items', 'one for each of `items`', required),
    row('/lines/*/sku', '/items/*/sku', 'as it is', required, 'S1'),
    row('/lines/*/count', '', 'always `1`', 'never: it is fixed', 1),
  ]);
});

test('the Markdown page is one table with as many cells in each row, whatever the names and words hold', () => {
  const text = syncMarkdown(page());
  const fields = text.split('\n').filter((line) => line.startsWith('| `'));
  expect(fields).toHaveLength(11);
  for (const line of fields) expect(line.replaceAll('\\|', '').split('|')).toHaveLength(8);
  expect(text).toContain('with a \\| pipe and \\<b\\>markup\\</b\\> from `"a\\|b<i>"`');
  expect(text).toContain('From \\<shop\\> to \\[books\\]');
  expect(text).toContain('source["shop<br/>rest"] -->|fetch, validate| mapping["orders<br/>11 fields"]');
  expect(text).toContain('**Delivery T1.**');
  expect(text).toContain('Deliberately: `secret`, `/items/*/note`.');
  expect(text).toContain('| the usual \\| one | mapped |');
  expect(text).toContain('| nobody | rejected: country |');
  expect(text).toContain('Only records for which this holds: `vip` is `true`.');
});

test('the HTML page needs nothing from elsewhere, and shows markup as text', () => {
  const text = syncHtml(page());
  expect(text).not.toMatch(/https?:|<script|<link|@import|url\((?!#)/);
  expect(text).not.toContain('<b>markup');
  expect(text).toContain('with a | pipe and &#60;b&#62;markup&#60;/b&#62; from <code>&#34;a|b&#60;i&#62;&#34;</code>');
  expect(text).toContain('prefers-color-scheme: dark');
  const opened = [...text.matchAll(/<(table|tr|td|th|ul|li|dl|div|dt|dd|main|figure|svg|p|code|span)\b/g)];
  const closed = [...text.matchAll(/<\/(table|tr|td|th|ul|li|dl|div|dt|dd|main|figure|svg|p|code|span)>/g)];
  expect(opened).toHaveLength(closed.length);
});

test('a promise, a limit and what a run reads are told in words', () => {
  const { facts, limits, delivery } = page();
  expect(delivery?.promise).toContain('committed together');
  expect(Object.fromEntries(facts)).toMatchObject({
    'A record is identified by': '`/id`',
    'Each run reads': expect.stringContaining('beginning 5 min before'),
  });
  expect(Object.fromEntries(limits)['Too many rejected']).toBe(
    'more than 50 % of a batch, and at least 100: the run waits for a person',
  );
});

test('a mapping that `map` did not make has a page that says so', () => {
  const bare = { from: From, to: To, version: 'v', run: mapping.run };
  expect(syncMarkdown(pageOf(loaded('bare', bare), undefined))).toContain('was not made by `map`');
});

test('the index leads to every page, and no sync can take its place', () => {
  const files = filesOf([pageOf(loaded('index'), 'T5'), page()]);
  expect([...files.keys()].sort()).toEqual([
    'index.html',
    'index.md',
    'syncs/index.html',
    'syncs/index.md',
    'syncs/orders.html',
    'syncs/orders.md',
  ]);
  expect(files.get('index.html')).toContain('href="syncs/orders.html"');
  expect(files.get('index.md')).toContain('[orders](syncs/orders.md)');
  expect(files.get('syncs/orders.html')).toContain('href="../index.html"');
  expect(indexHtml([])).toContain('This project has none.');
});
