import { createServer, type ServerResponse } from 'node:http';

/** Where it listens, and what makes it end. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** What has to hold so that a worker can take work; each with a word or two for people. */
export type Readiness = Readonly<Record<string, { readonly ok: boolean; readonly says: string }>>;

/**
 * `GET /livez`: 200 while the process answers at all. `GET /readyz`: 200 when everything holds that `ready` asks for, 503
 * otherwise, with each part as JSON. For Kubernetes probes and load balancers; it says nothing that is secret.
 */
export async function serveHealth(address: string, ready: () => Promise<Readiness>): Promise<HealthServer> {
  const { host, port } = addressOf(address);
  const server = createServer((request, response) => {
    if (request.method !== 'GET') return answer(response, 405, { error: 'only GET' });
    if (request.url === '/livez') return answer(response, 200, { live: true });
    if (request.url !== '/readyz') return answer(response, 404, { error: 'only /livez and /readyz' });
    void ready().then((parts) => {
      const holds = Object.values(parts).every(({ ok }) => ok);
      answer(response, holds ? 200 : 503, { ready: holds, ...parts });
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  // A probe is no reason to stay.
  server.unref();
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

/** `host:port`; an IPv6 address in brackets. */
function addressOf(address: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(`http://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) };
}
