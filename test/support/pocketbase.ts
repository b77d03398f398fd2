import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type GoProgram, goProgram } from '../../dev/stack/go-programs.ts';
import { startGuard } from '../../dev/stack/guard.ts';
import { anyFreePort } from '../../dev/stack/ports.ts';
import { type ServerProcess, startServer } from '../../dev/stack/server-process.ts';
import { cacheFolderOf } from '../../dev/stack/state-folder.ts';
import { createProgress } from '../../platform/progress.ts';

const run = promisify(execFile);

const program: GoProgram = {
  name: 'pocketbase',
  module: 'github.com/pocketbase/pocketbase',
  package: 'examples/base',
  version: '0.36.8',
  usualS: 60,
};

/** A running PocketBase with a superuser, its data in a folder that `stop` removes. */
export interface PocketBase {
  readonly url: string;
  readonly email: string;
  readonly password: string;
  /** A call as superuser; answers the parsed body. Throws on any status but 2xx, with the body. */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Every record of a collection, ordered by id. */
  records(collection: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/** The program's path, built with Go the first time; or in words why it cannot be had, for the list of skipped tests. */
export async function findPocketBase(): Promise<{ readonly file: string } | { readonly missing: string }> {
  try {
    const cache = cacheFolderOf(process.env, os.homedir());
    return { file: await goProgram(program, cache, createProgress(process.stderr)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { missing: `PocketBase ${program.version} cannot be built: ${reason}` };
  }
}

export async function startPocketBase(file: string): Promise<PocketBase> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'syncline-pocketbase-'));
  const email = 'sync@example.com';
  const password = 'a long test password';
  const settings = ['--dev=false', '--dir', path.join(folder, 'data')];
  await run(file, ['superuser', 'upsert', email, password, ...settings], { cwd: folder });
  const port = await anyFreePort();
  const url = `http://127.0.0.1:${port}`;
  // The guard ends the server even when the test process is killed.
  const guard = startGuard();
  const server = await startServer({
    folder,
    command: file,
    args: ['serve', '--http', `127.0.0.1:${port}`, ...settings],
    env: process.env,
    cwd: folder,
    stopSignal: 'SIGTERM',
    graceMs: 5000,
    guard,
  });
  const stop = async () => {
    await server.stop();
    await guard.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilHealthy(url, server);
    const call = caller(url, await logIn(url, email, password));
    return { url, email, password, call, records: (collection) => everyRecord(call, collection), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilHealthy(url: string, server: ServerProcess): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    const end = server.ended();
    if (end !== null) throw new Error(`PocketBase ${end}`);
    const healthy = await fetch(`${url}/api/health`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (healthy) return;
    await sleep(100);
  }
  throw new Error('PocketBase did not start within 15 seconds');
}

async function logIn(url: string, identity: string, password: string): Promise<string> {
  const login = caller(url, '');
  const answer = await login('POST', '/api/collections/_superusers/auth-with-password', { identity, password });
  return z.object({ token: z.string() }).parse(answer).token;
}

const caller =
  (url: string, token: string) =>
  async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: token, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  };

const page = z.object({ items: z.array(z.record(z.string(), z.unknown())), totalPages: z.number() });

async function everyRecord(call: PocketBase['call'], collection: string): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for (let number = 1, pages = 1; number <= pages; number += 1) {
    const answer = page.parse(
      await call('GET', `/api/collections/${collection}/records?sort=id&perPage=500&page=${number}`),
    );
    all.push(...answer.items);
    pages = answer.totalPages;
  }
  return all;
}
