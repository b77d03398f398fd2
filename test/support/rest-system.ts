import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connector } from '../../model/connector/connector.ts';
import type { Json, JsonRecord } from '../../model/record/json.ts';
import { lend } from '../../testing/lend.ts';
import type { Sample } from '../../testing/samples.ts';
import type { LiveSystem, Subject } from '../../testing/subject.ts';
import { bodyOf, json, startServer } from './with-server.ts';

/** A business system with a JSON API, on a real server: a list with cursors, and a bulk write with a result for each item. */
export const restSystem = (connector: Connector): Subject => ({
  connector,
  setUp,
  required: { settings: ['address'], source: ['path'], destination: ['path'] },
  whenDown: 'CONNECTION_REFUSED',
  badRecord: () => ({ id: 'bad', name: null }),
});

const pageSize = 10;

async function setUp(): Promise<LiveSystem> {
  const listed = new Map<string, Sample>();
  const stored = new Map<string, Json>();
  const server = await startServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (request.headers.authorization !== 'Bearer the-token') return json(response, { message: 'who are you' }, 401);
    switch (`${request.method} ${url.pathname.replace(/(?<=^\/stored\/).+/, '{key}')}`) {
      case 'GET /health':
        return json(response, {});
      case 'GET /listed':
        return json(response, page(url.searchParams));
      case 'POST /bulk':
        return json(response, { results: JSON.parse(await bodyOf(request)).records.map(store) });
      case 'GET /listed/by-key':
        return json(response, `{"data":[${listedBy(url.searchParams.get('ids') ?? '')}]}`);
      case 'GET /stored':
        return json(response, { records: found(url.searchParams.get('ids') ?? '') });
      case 'DELETE /stored/{key}':
        return json(response, {}, stored.delete(decodeURIComponent(url.pathname.slice(8))) ? 200 : 404);
      default:
        return json(response, { message: 'not here' }, 404);
    }
  }

  function page(query: URLSearchParams): string {
    const from = Number(query.get('cursor') ?? '0');
    const since = query.get('updated_since') ?? '';
    const all = [...listed.values()].filter(({ updated }) => updated >= since);
    const next = from + pageSize < all.length ? String(from + pageSize) : null;
    return `{"data":[${all
      .slice(from, from + pageSize)
      .map(asJson)
      .join(',')}],"next":${JSON.stringify(next)}}`;
  }

  function store(record: JsonRecord): JsonRecord {
    const key = String(record['id']);
    if (typeof record['name'] !== 'string')
      return { key, status: 'rejected', message: 'name is needed', field: 'name' };
    stored.set(key, record);
    return { key, status: 'created', id: `no-${key}` };
  }

  const listedBy = (ids: string) =>
    ids.split(',').flatMap((id) => {
      const sample = listed.get(id);
      return sample ? [asJson(sample)] : [];
    });
  const found = (ids: string) => ids.split(',').flatMap((id) => stored.get(id) ?? []);

  const lent = lend(
    {
      name: 'shop',
      kind: 'rest',
      settings: { address: server.address, probe: '/health' },
      auth: { kind: 'bearer', token: { env: 'TOKEN' } },
      network: 'private',
    },
    { projectFolder: '/nowhere', env: { TOKEN: 'the-token' } },
  );
  return {
    ...lent,
    source: {
      path: '/listed',
      records: '/data',
      pagination: { kind: 'cursor', next: '/next' },
      incremental: { param: 'updated_since' },
      lookup: { path: '/listed/by-key', query: { ids: '{keys}' }, records: '/data', maxKeys: 2 },
      ordered: true,
    },
    destination: {
      path: '/bulk',
      key: 'id',
      upsert: true,
      bulk: {
        list: '/records',
        results: { list: '/results', status: 'status', key: 'key', id: 'id', message: 'message', field: 'field' },
      },
      lookup: { path: '/stored', query: { ids: '{keys}' }, records: '/records' },
      delete: { path: '/stored/{key}' },
      maxRecords: 50,
    },
    async seed(samples) {
      for (const sample of samples) listed.set(sample.id, sample);
    },
    stored: async () => stored,
    takeDown: server.close,
    async close() {
      await lent.close();
      await server.close();
    },
  };
}

/** The sample as JSON, its `exact` a number as a system with decimals would write it. */
const asJson = (sample: Sample): string =>
  JSON.stringify(sample).replace(/"exact":"(\d[\d.]*)"/, (_, digits: string) => `"exact":${digits}`);
