import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface TestServer {
  /** `http://127.0.0.1:PORT`. */
  readonly address: string;
  readonly port: number;
  /** `METHOD /path?query` of every request so far. */
  readonly requests: readonly string[];
  /** Ends every connection and stops listening. May be called twice. */
  close(): Promise<void>;
}

/** Starts a real HTTP server on a free port of the loopback. The caller closes it. */
export async function startServer(handle: RequestListener): Promise<TestServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    handle(request, response);
  });
  return listen(server, requests);
}

/** Runs `work` with a server of its own, which is gone afterwards, whatever happens. */
export async function withServer<T>(handle: RequestListener, work: (server: TestServer) => Promise<T>): Promise<T> {
  const server = await startServer(handle);
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

/** Listens on a free port of the loopback and keeps hold of every connection, so that it can be ended. */
export async function listen(server: Server, requests: readonly string[] = []): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    port,
    requests,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** The whole body of a request, as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
