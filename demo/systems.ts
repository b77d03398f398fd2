import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import type { StackAddresses } from '../stack/addresses.ts';
import { workerNodeFlags } from '../workers/node-flags.ts';
import { type Child, startChild } from './child.ts';
import type { DemoSystem } from './client.ts';

export interface RunningSystem extends DemoSystem {
  readonly child: Child;
}

/** Calls a second that the demo's shop allows. It paces the whole demo, as a real shop would. */
export const shopCallsPerSecond = 12;

const announcement = z.object({ url: z.string() });

export async function startShopProgram(orders: number, logFolder: string, keep: Keep): Promise<RunningSystem> {
  const token = randomUUID();
  const child = keep(
    startChild({
      name: 'shop',
      program: './shop.js',
      args: [...listen, '--orders', String(orders), '--calls-per-second', String(shopCallsPerSecond)],
      env: { ...process.env, SHOP_TOKEN: token },
      logFile: path.join(logFolder, 'shop.log'),
    }),
  );
  return { ...announcement.parse(JSON.parse(await child.announcement())), token, child };
}

export async function startBooksProgram(logFolder: string, keep: Keep): Promise<RunningSystem> {
  const token = randomUUID();
  const child = keep(
    startChild({
      name: 'books',
      program: './books.js',
      args: [...listen, '--journal', path.join(logFolder, 'books-journal.jsonl')],
      env: { ...process.env, BOOKS_TOKEN: token },
      logFile: path.join(logFolder, 'books.log'),
    }),
  );
  return { ...announcement.parse(JSON.parse(await child.announcement())), token, child };
}

/** Remembers a child as soon as it lives, so that it is ended whatever happens next. */
export type Keep = (child: Child) => Child;

const listen = ['--port', '0', '--while-stdin-open', 'yes'];

export interface WorkerOptions {
  readonly name: string;
  readonly projectFolder: string;
  readonly stack: StackAddresses;
  readonly taskQueue: string;
  readonly shop: DemoSystem;
  readonly books: DemoSystem;
  readonly logFolder: string;
}

/** A worker as a process of its own, which knows the two systems by its environment. */
export function startWorkerProgram(options: WorkerOptions, keep: Keep): Child {
  const { name, projectFolder, stack, taskQueue, shop, books, logFolder } = options;
  return keep(
    startChild({
      name,
      program: '../workers/main.js',
      nodeFlags: workerNodeFlags,
      args: ['--watch-parent', '--project', projectFolder],
      env: {
        ...withoutStackOfUser(process.env),
        TEMPORAL_ADDRESS: stack.temporalAddress,
        TEMPORAL_NAMESPACE: stack.namespace,
        DATABASE_URL: stack.databaseUrl,
        SYNCLINE_TASK_QUEUE: taskQueue,
        SHOP_URL: shop.url,
        SHOP_TOKEN: shop.token,
        BOOKS_URL: books.url,
        BOOKS_TOKEN: books.token,
      },
      logFile: path.join(logFolder, `${name.replaceAll(' ', '-')}.log`),
    }),
  );
}

/** The demo is a world of its own: it must neither find nor touch services and settings of the user. */
export function withoutStackOfUser(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_UI_URL', 'DATABASE_URL'];
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !own.includes(name) && !name.startsWith('SYNCLINE_')),
  );
}
