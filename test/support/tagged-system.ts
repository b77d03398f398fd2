import type { IncomingMessage, ServerResponse } from 'node:http';
import rest from '../../connectors/rest/index.ts';
import type { Destination } from '../../model/connector/connector.ts';
import type { JsonRecord } from '../../model/record/json.ts';
import { connectionTo, doorTo, httpTools } from './tools.ts';
import { bodyOf, startServer } from './with-server.ts';

/** A system that gives each version of a record an ETag and refuses to write over another version than the one named. */
export interface TaggedSystem {
  readonly destination: Destination;
  /** Each write in order: `PUT o1 If-Match "1" 200`. */
  readonly writes: string[];
  readonly stored: Map<string, { readonly record: JsonRecord; readonly tag: number }>;
  /** Somebody else changes a record. */
  change(key: string, record: JsonRecord): void;
  /** Is asked before each write; may change what is stored, or answer `lost` to write and cut the connection. */
  before: (key: string) => 'lost' | undefined;
  close(): Promise<void>;
}

export async function taggedSystem(): Promise<TaggedSystem> {
  const stored: TaggedSystem['stored'] = new Map();
  let last = 0;
  const system = {
    stored,
    writes: [] as string[],
    change: (key: string, record: JsonRecord) => void stored.set(key, { record, tag: ++last }),
    before: (_key: string): 'lost' | undefined => undefined,
  };
  const server = await startServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const quoted = (key: string) => `"${stored.get(key)?.tag}"`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = (request.url ?? '').replace('/things/', '');
    const end = (status: number, body = '') => {
      if (stored.has(key)) response.setHeader('etag', quoted(key));
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    };
    if (request.method === 'GET') return stored.has(key) ? end(200, JSON.stringify(stored.get(key)?.record)) : end(404);
    const body = await bodyOf(request);
    const fate = system.before(key);
    const match = request.headers['if-match'];
    const fits = stored.has(key) ? match === quoted(key) : match === undefined;
    const condition = match === undefined ? request.headers['if-none-match'] : `If-Match ${match}`;
    system.writes.push(`${request.method} ${key} ${condition ?? 'blindly'} ${fits ? 200 : 412}`);
    if (fits) system.change(key, JSON.parse(body));
    if (fate === 'lost') return void request.socket.destroy();
    end(fits ? 200 : 412, '{}');
  }

  const connection = connectionTo({ address: server.address });
  const http = doorTo(connection);
  const options = rest.connector.destination.options.parse({
    path: '/things/{key}',
    method: 'PUT',
    key: 'id',
    upsert: true,
    lookup: { path: '/things/{key}' },
    ifMatch: {},
    concurrency: 1,
  });
  const settings = rest.connector.settings.parse(connection.settings);
  return Object.assign(system, {
    destination: rest.connector.destination.open({ ...connection, settings }, options, httpTools(http)),
    async close() {
      http.close();
      await server.close();
    },
  });
}
