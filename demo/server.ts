import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call as the demo's systems see it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is when it is a Buffer or a string, else as JSON. */
  readonly body: unknown;
}

/** `undefined` cuts the connection: the call happened, but its answer is never sent. */
export type Handle = (call: Call) => Answer | undefined;

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface ServeOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Calls without `Authorization: Bearer TOKEN` are answered 401. */
  readonly token: string;
  /** What `GET /docs` tells everyone. */
  readonly documentation: string;
  readonly handle: Handle;
}

const maxBodyBytes = 32 * 1024 * 1024;

/** A small HTTP server on loopback, for the demo's two systems. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const server = createServer((request, response) => void respond(request, response, options));
  // Longer than any client keeps an idle connection, so that it is never the server that closes one in use.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(request: IncomingMessage, response: ServerResponse, options: ServeOptions): Promise<void> {
  try {
    const body = await readBody(request);
    const answer = body === undefined ? problem(413, 'The body is too large.') : answerOf(request, body, options);
    if (answer) send(response, answer);
    else response.destroy();
  } catch {
    if (response.headersSent) response.destroy();
    else send(response, problem(500, 'The system failed.'));
  }
}

function answerOf(request: IncomingMessage, body: Buffer, options: ServeOptions): Answer | undefined {
  const { token, documentation, handle } = options;
  if (request.method === 'GET' && request.url === '/docs')
    return ok(documentation, { 'content-type': 'text/plain; charset=utf-8' });
  if (request.headers.authorization !== `Bearer ${token}`)
    return { ...problem(401, 'A valid bearer token is required.'), headers: { 'www-authenticate': 'Bearer' } };
  const url = new URL(request.url ?? '/', 'http://localhost');
  const { method = 'GET', headers } = request;
  return handle({ method, path: url.pathname, query: url.searchParams, headers, body });
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, answer: Answer): void {
  const { body } = answer;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    ...answer.headers,
  });
  response.end(bytes);
}

export const ok = (body: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 200,
  headers,
  body,
});

export const problem = (status: number, message: string): Answer => ({ status, body: { error: { message } } });

/** A whole number of a query; `fallback` when absent, undefined when it is not one or out of range. */
export function wholeNumber(text: string | null, fallback: number, min: number, max: number): number | undefined {
  if (text === null) return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}
