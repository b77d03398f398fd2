import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isSyncFailure } from '../../model/failure/failure.ts';
import { createProgress } from '../../platform/foundation/progress.ts';
import { openLedger } from '../../platform/ledger/ledger.ts';
import { createHttpClient } from '../../platform/outbound/client.ts';
import { removeProject } from '../../stack/remove-project.ts';
import { openStack } from '../../stack/stack.ts';

/**
 * Worker processes that share the limit of one connection, against a server that enforces it to the call: in any
 * stretch of a second it answers so many and refuses the others with 429. How much of the limit is used, how many are
 * refused, and how many questions to PostgreSQL that takes.
 * node dist-lab/lab/bench/limits.js [--seconds 60] [--limit 50] [--workers 4] [--learn]
 * `--learn`: the limit is not stated; the server says it in each answer (RateLimit, RateLimit-Policy).
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    limit: { type: 'string', default: '50' },
    workers: { type: 'string', default: '4' },
    learn: { type: 'boolean', default: false },
    /** Of a worker process: the address of the server. */
    address: { type: 'string' },
  },
});
const limit = Number(values.limit);
/** Refusals in this time are how a limit that nobody stated is found out. */
const FIRST_MS = 3_000;
/** Calls that one worker has ready at once. */
const LANES = 8;

if (values.address === undefined) await measure();
else await work(values.address);

async function measure(): Promise<void> {
  const database = await openDatabase();
  const server = await startServer();
  const children = Array.from({ length: Number(values.workers) }, () =>
    spawn(
      process.execPath,
      [fileURLToPath(import.meta.url), '--address', server.address, '--limit', values.limit].concat(
        values.learn ? ['--learn'] : [],
      ),
      { env: { ...process.env, DATABASE_URL: database.url }, stdio: ['ignore', 'inherit', 'inherit'] },
    ),
  );
  const ended = children.map((child) => once(child, 'exit'));
  try {
    await Promise.race([server.firstCall, ...ended]);
    const beganMs = performance.now();
    await sleep(Number(values.seconds) * 1000);
    const seconds = (performance.now() - beganMs) / 1000;
    const { answered, refused, refusedLater } = server.counts();
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(ended);
    const questions = await database.questions();
    process.stdout.write(
      `${JSON.stringify({
        limit,
        workers: children.length,
        stated: !values.learn,
        seconds: Math.round(seconds),
        answered,
        usedPercent: Math.round((answered / seconds / limit) * 1000) / 10,
        refused,
        refusedLater,
        questionsPerCall: Math.round((questions / answered) * 100) / 100,
      })}\n`,
    );
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await server.close();
    await database.close();
  }
}

/** A worker: calls as fast as it is let, and waits as long as it is told when it is not. */
async function work(address: string): Promise<void> {
  const ledger = await openLedger(process.env['DATABASE_URL'] ?? '');
  const stop = new AbortController();
  const http = createHttpClient({
    connection: {
      name: 'bench',
      kind: 'rest',
      settings: { address },
      network: 'private',
      limits: values.learn ? {} : { perSecond: limit },
      timeoutMs: 30_000,
      maxResponseBytes: 1_000_000,
    },
    readSecret: async () => '',
    log: { debug() {}, info() {}, warn() {}, error() {} },
    clock: Date,
    store: ledger.connections,
  });
  process.on('SIGTERM', () => stop.abort());
  const lane = async () => {
    while (!stop.signal.aborted) {
      try {
        await http.request({ method: 'GET', path: '/', signal: stop.signal });
      } catch (error) {
        if (stop.signal.aborted) return;
        if (!isSyncFailure(error)) throw error;
        await sleep(error.retryAfterMs ?? 1_000, undefined, { signal: stop.signal }).catch(() => {});
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  http.close();
  await ledger.close();
}

async function startServer() {
  const starts: number[] = [];
  let answered = 0;
  let refused = 0;
  let refusedLater = 0;
  let firstMs: number | undefined;
  let begin: () => void = () => {};
  const firstCall = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const server = createServer((_request, response) => {
    const nowMs = performance.now();
    firstMs ??= nowMs;
    begin();
    while (starts[0] !== undefined && starts[0] <= nowMs - 1_000) starts.shift();
    const isOver = starts.length >= limit;
    if (isOver) {
      refused++;
      if (nowMs - firstMs > FIRST_MS) refusedLater++;
    } else {
      answered++;
      starts.push(nowMs);
    }
    const said = {
      'ratelimit-policy': `"calls";q=${limit};w=1`,
      ratelimit: `"calls";r=${limit - starts.length};t=1`,
    };
    response.writeHead(isOver ? 429 : 200, { 'content-type': 'application/json', ...(values.learn && said) });
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    firstCall,
    counts: () => ({ answered, refused, refusedLater }),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function openDatabase() {
  const given = process.env['DATABASE_URL'];
  const folder = await mkdtemp(join(tmpdir(), 'syncline-limits-'));
  const stack = given
    ? undefined
    : await openStack({ projectFolder: folder, progress: createProgress(process.stderr), env: process.env });
  const url = given ?? stack?.databaseUrl ?? '';
  const ledger = await openLedger(url);
  return {
    url,
    /** How often the state of the connection was written. */
    async questions() {
      const { rows } = await ledger.pool.query<{ version: string }>(
        "select version from connections where name = 'bench'",
      );
      return Number(rows[0]?.version ?? 0);
    },
    async close() {
      await ledger.close();
      await stack?.stop();
      await removeProject(folder);
    },
  };
}
