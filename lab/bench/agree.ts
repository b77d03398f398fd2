import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createProgress } from '../../platform/foundation/progress.ts';
import { removeProject } from '../../stack/remove-project.ts';
import { openStack } from '../../stack/stack.ts';
import { startRowCounter } from './row-counter.ts';

/**
 * Proof of `syncline reconcile --repair`: two tables of a million rows, ten of which were changed or deleted behind the
 * engine's back. A proxy before PostgreSQL counts the rows that pass it, whatever the engine says of itself.
 * npm run bench:agree [-- --rows 1000000 --json]. Ends with 1 when the tables differ or 1 % of their rows has passed.
 */
const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, json: { type: 'boolean', default: false } },
});
const rows = Number(values.rows);
const progress = createProgress(process.stderr);
const folder = await mkdtemp(join(tmpdir(), 'syncline-agree-'));
const stack = await openStack({ projectFolder: folder, progress, env: process.env });
const database = new URL(stack.databaseUrl);
const counter = await startRowCounter(Number(database.port));
const sql = new pg.Client({ connectionString: stack.databaseUrl });
const program = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const env = {
  ...process.env,
  TEMPORAL_ADDRESS: stack.temporalAddress,
  DATABASE_URL: stack.databaseUrl,
  AGREE_PASSWORD: decodeURIComponent(database.password),
};

try {
  await sql.connect();
  await progress.step(`Filling a table with ${rows.toLocaleString('en')} rows`, fillTables);
  await writeProject();
  await progress.step('Delivering them', () => syncline('run', 'agree', '--wait'));
  await changeTen();
  counter.reset();
  const began = performance.now();
  const report = await progress.step('Finding and mending ten differences', () =>
    syncline('reconcile', 'agree', '--repair'),
  );
  const seconds = (performance.now() - began) / 1000;
  const { fromServer, toServer } = counter.counted;
  const share = (fromServer + toServer) / (2 * rows);
  const equal = await sql.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM here JOIN there USING (id, changed, name, price)',
  );
  const ok = equal.rows[0]?.n === rows && share < 0.01;
  const facts = {
    rows,
    ok,
    seconds: Number(seconds.toFixed(1)),
    rowsRead: fromServer,
    rowsWritten: toServer,
    share,
    report,
  };
  process.stdout.write(
    values.json
      ? `${JSON.stringify(facts, null, 2)}\n`
      : `${ok ? 'ok' : 'FAILED'}: ${rows.toLocaleString('en')} rows on each side, 10 differences found and mended in ${facts.seconds} s; ` +
          `${fromServer.toLocaleString('en')} rows were read and ${toServer} written: ${(share * 100).toFixed(3)} % of the rows\n`,
  );
  process.exitCode = ok ? 0 : 1;
} finally {
  await sql.end();
  await counter.close();
  await stack.stop();
  await removeProject(folder);
}

async function fillTables(): Promise<void> {
  await sql.query(`
    CREATE TABLE here (id bigint PRIMARY KEY, changed timestamptz NOT NULL, name text NOT NULL, price numeric(12,2) NOT NULL);
    CREATE TABLE there (LIKE here INCLUDING ALL);
    INSERT INTO here SELECT n, timestamptz '2026-01-01' + n * interval '1 second', 'Article ' || n, n % 1000 + 0.99
    FROM generate_series(1, ${rows}) n`);
}

async function changeTen(): Promise<void> {
  const at = (n: number) => Math.floor((rows * n) / 11) + 1;
  await sql.query(`
    UPDATE there SET name = 'by hand' WHERE id IN (${[1, 2, 3, 4].map(at)});
    UPDATE there SET price = 0 WHERE id IN (${[5, 6].map(at)});
    DELETE FROM there WHERE id IN (${[7, 8, 9, 10].map(at)})`);
}

async function writeProject(): Promise<void> {
  const url = new URL(database);
  url.password = '';
  url.hostname = '127.0.0.1';
  url.port = String(counter.port);
  await mkdir(join(folder, 'syncs'), { recursive: true });
  await writeFile(
    join(folder, 'connections.yaml'),
    `warehouse:\n  kind: postgres\n  url: ${url.href}\n  password: { env: AGREE_PASSWORD }\n  timeout: 5 minutes\n`,
  );
  await writeFile(
    join(folder, 'syncs/agree.ts'),
    `import { defineSync, map } from 'syncline';
import postgres from 'syncline/connectors/postgres';
import { z } from 'zod';

const Article = z.object({ id: z.int(), changed: z.string(), name: z.string(), price: z.number() });

export default defineSync({
  source: postgres.source('warehouse', { table: 'here', key: 'id', version: 'changed' }),
  key: 'id',
  version: 'changed',
  mapping: map(Article, Article, (article) => ({ id: article.id, changed: article.changed, name: article.name, price: article.price })),
  destination: postgres.destination('warehouse', { table: 'there', key: 'id', verify: 'checksums' }),
  policy: { readBack: 0 },
});
`,
  );
}

/** Runs the program as a user does, and gives the document that it prints. */
async function syncline(...args: readonly string[]): Promise<unknown> {
  const child = spawn(process.execPath, [program, '--project', folder, ...args, '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`syncline ${args.join(' ')} ended with ${code}: ${out}`);
  return JSON.parse(out);
}
