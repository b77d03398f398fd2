import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { z } from 'zod';
import type { LocalStack } from './local-stack.ts';

const run = promisify(execFile);

export const smokeRows = 1000;

/** Text with what CSV has to quote, and heights that are missing now and then. */
const station = (number: number) => ({
  code: `S${String(number).padStart(4, '0')}`,
  name: number % 10 === 0 ? `Upper "Mill", No. ${number}` : `Station ${number}`,
  height: number % 7 === 0 ? '' : String(number / 4),
  opened: String(1900 + (number % 120)),
});

const stations = Array.from({ length: smokeRows }, (_, index) => station(index + 1));
const quoted = (text: string): string => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A copy of deploy/smoke with its data, as a project outside of the repository. */
export async function prepareSmokeProject(root: string, workFolder: string): Promise<string> {
  const folder = path.join(workFolder, 'project');
  const data = path.join(workFolder, 'data');
  await cp(path.join(root, 'deploy/smoke'), folder, { recursive: true });
  await mkdir(data);
  const lines = stations.map(({ code, name, height, opened }) => [code, name, height, opened].map(quoted).join(','));
  await writeFile(path.join(data, 'stations.csv'), ['code,name,height,opened', ...lines, ''].join('\n'));
  return folder;
}

const runResult = z.object({
  status: z.string(),
  counts: z.object({ fetched: z.number(), delivered: z.number(), unchanged: z.number(), quarantined: z.number() }),
});
type RunResult = z.infer<typeof runResult>;

/** What deploy/smoke/connections.yaml asks for, as lines of the workers' secrets file. */
export async function smokeVariables(ports: ReadonlyMap<string, number>, workFolder: string): Promise<string> {
  const password = await superuserPassword(path.join(workFolder, 'secrets'));
  return [
    `SMOKE_DATA=${path.join(workFolder, 'data')}`,
    `SMOKE_DATABASE=postgresql://postgres@127.0.0.1:${ports.get('postgres:5432')}/warehouse`,
    `SMOKE_DATABASE_PASSWORD=${password}`,
    '',
  ].join('\n');
}

const superuserPassword = async (secretsFolder: string): Promise<string> =>
  (await readFile(path.join(secretsFolder, 'postgres_password'), 'utf8')).trim();

/** Runs the sync twice and compares the table with the file. Answers what happened, in lines; throws when it is wrong. */
export async function smokeSync(stack: LocalStack, root: string, projectFolder: string): Promise<string[]> {
  const password = await superuserPassword(stack.secretsFolder);
  const server = `postgresql://postgres:${password}@127.0.0.1:${stack.ports.get('postgres:5432')}`;
  await query(`${server}/postgres`, 'CREATE DATABASE warehouse');
  const first = await runSync(stack, root, projectFolder);
  const second = await runSync(stack, root, projectFolder);
  if (first.status !== 'succeeded' || first.counts.delivered !== smokeRows)
    throw new Error(`the first run was ${first.status} and delivered ${first.counts.delivered} of ${smokeRows}`);
  if (second.status !== 'succeeded' || second.counts.delivered !== 0)
    throw new Error(`the second run was ${second.status} and delivered ${second.counts.delivered} instead of 0`);
  const rows = await query(`${server}/warehouse`, 'SELECT code, name, height_m, opened FROM stations ORDER BY code');
  compare(rows);
  return [line('first run', first), line('second run', second)];
}

const line = (name: string, { status, counts }: RunResult): string =>
  `${name}: ${status}, fetched ${counts.fetched}, delivered ${counts.delivered}, unchanged ${counts.unchanged}`;

/** As a person would start it in a worker's container, with the container's variables. */
async function runSync(stack: LocalStack, root: string, projectFolder: string): Promise<RunResult> {
  const args = ['bin/syncline.js', '--project', projectFolder, 'run', 'stations', '--wait', '--json'];
  try {
    const { stdout } = await run('/bin/sh', ['deploy/entrypoint.sh', 'node', ...args], {
      cwd: root,
      env: stack.env,
      timeout: 120_000,
    });
    return runResult.parse(JSON.parse(stdout));
  } catch (error) {
    throw new Error(`\`syncline run stations\` failed: ${said(error)}`, { cause: error });
  }
}

const said = (error: unknown): string => {
  if (!(error instanceof Error && 'stdout' in error && 'stderr' in error)) return String(error);
  return `${String(error.stdout)}${String(error.stderr)}`.slice(-2000);
};

function compare(rows: readonly unknown[]): void {
  const expected = stations.map(({ code, name, height, opened }) => ({
    code,
    name,
    height_m: height === '' ? null : height,
    opened: Number(opened),
  }));
  const different = expected.findIndex((row, index) => JSON.stringify(row) !== JSON.stringify(rows[index]));
  if (rows.length !== expected.length || different >= 0)
    throw new Error(
      `the table holds ${rows.length} rows; the first that differs from the file is number ${different + 1}`,
    );
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
