import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly idempotencyKey: string | null;
  readonly body: Buffer;
}

export interface Told {
  readonly status: number;
  readonly body: unknown;
}

/**
 * What befalls an answer. `late`: the call is worked on only after a while, and then answered. `twice`: it names each
 * item two times, and where the destination recognises a repeated request it is worked on twice. The others are told
 * from the point of view of the caller; whether the call took effect before is another draw.
 */
export type Trouble = '429' | '500' | 'nonsense' | 'cut off' | 'no answer' | 'late' | 'twice';
export const troubles: readonly [Trouble, ...Trouble[]] = [
  '429',
  '500',
  'nonsense',
  'cut off',
  'no answer',
  'late',
  'twice',
];

/** Longer than the caller waits. */
const NO_ANSWER_MS = 2500;

/** An HTTP server on loopback that a handler answers for. */
export async function listen(handle: (asked: Asked, response: ServerResponse) => Promise<void>): Promise<number> {
  const server = createServer((request, response) => {
    void readAll(request)
      .then((asked) => handle(asked, response))
      .catch(() => response.destroy());
  });
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return port;
}

async function readAll(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const url = new URL(request.url ?? '/', 'http://localhost');
  const key = request.headers['idempotency-key'];
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    idempotencyKey: typeof key === 'string' ? key : null,
    body: Buffer.concat(chunks),
  };
}

export function tell(response: ServerResponse, { status, body }: Told, headers: Record<string, string> = {}): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers });
  response.end(bytes);
}

/** Gives an answer that says nothing of what became of the call. */
export async function spoil(response: ServerResponse, trouble: Trouble, told: Told): Promise<void> {
  switch (trouble) {
    case '429':
      return tell(response, { status: 429, body: { error: 'slow down' } }, { 'retry-after': '1' });
    case '500':
      return tell(response, { status: 500, body: { error: 'broken' } });
    case 'nonsense':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('<html>not what was asked for');
      return;
    case 'cut off': {
      const bytes = Buffer.from(JSON.stringify(told.body));
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
      response.write(bytes.subarray(0, bytes.length / 2));
      await sleep(20);
      response.destroy();
      return;
    }
    case 'no answer':
      await sleep(NO_ANSWER_MS);
      response.destroy();
      return;
    case 'late':
      return tell(response, told);
    case 'twice':
      return tell(response, { ...told, body: doubled(told.body) });
  }
}

/** Every list in an answer names each of its items two times. */
const doubled = (body: unknown): unknown =>
  Object.fromEntries(
    Object.entries(body ?? {}).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.flatMap((item: unknown) => [item, item]) : value,
    ]),
  );

/** How long a late call lies before it is worked on: always less than the caller waits. */
export const lateness = (random: Random): Promise<void> => sleep(random.int(100, 700));
