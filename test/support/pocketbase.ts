import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { GoProgram } from '../../stack/go-programs.ts';
import { findGoServer, startGoServer } from './go-server.ts';

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

export const findPocketBase = () => findGoServer(program);

export async function startPocketBase(file: string): Promise<PocketBase> {
  const email = 'sync@example.com';
  const password = 'a long test password';
  const settings = (folder: string) => ['--dev=false', '--dir', path.join(folder, 'data')];
  const { url, stop } = await startGoServer({
    ...{ name: program.name, file },
    prepare: (folder) => run(file, ['superuser', 'upsert', email, password, ...settings(folder)], { cwd: folder }),
    args: (address, folder) => ['serve', '--http', address, ...settings(folder)],
    isUp: async (at) => (await fetch(`${at}/api/health`)).ok,
  });
  try {
    const call = caller(url, await logIn(url, email, password));
    return { url, email, password, call, records: (collection) => everyRecord(call, collection), stop };
  } catch (error) {
    await stop();
    throw error;
  }
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
