import { createServer, type ServerResponse } from 'node:http';
import { numberOption, programOptions } from '../../demo/program.ts';
import { listenAndAnnounce } from './announced.ts';
import { OrderLog } from './order-log.ts';
import { TextLog } from './text-log.ts';

/**
 * The source of the benchmark: `GET /orders?limit=&cursor=&updated_since=` behind a bearer token, `{"orders": [...],
 * "next": cursor or null}`. Pages are written before the first call, so that reading them costs next to nothing.
 * `POST /change?share=0.01` changes orders; `POST /reset` forgets the changes; `GET /first` tells when the first page was
 * asked for, in milliseconds since 1970.
 * `--text-bytes N`: instead of orders, records of this size that are mostly one text.
 * node dist-lab/lab/bench/source.js --orders 200000
 */
const options = programOptions(['orders', 'text-bytes', 'latency-ms', 'while-stdin-open']);
const latencyMs = numberOption(options, 'latency-ms') ?? 0;
const records = numberOption(options, 'orders') ?? 200_000;
const textBytes = numberOption(options, 'text-bytes');
const log = textBytes === undefined ? new OrderLog(records) : new TextLog(records, textBytes);
let firstCallMs: number | null = null;

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const { searchParams: query, pathname } = url;
  request.resume();
  if (request.headers.authorization !== 'Bearer bench') return answer(response, 401, Buffer.from('{}'));
  switch (`${request.method} ${pathname}`) {
    case 'GET /orders': {
      firstCallMs ??= Date.now();
      const limit = Math.min(1000, Number(query.get('limit') ?? '1000'));
      const page = log.page(log.startOf(query.get('cursor'), query.get('updated_since')), limit);
      if (latencyMs === 0) return answer(response, 200, page);
      setTimeout(() => answer(response, 200, page), latencyMs);
      return;
    }
    case 'POST /change':
      return answer(response, 200, json({ changed: log.change(Number(query.get('share') ?? '0.01')) }));
    case 'POST /reset':
      log.reset();
      firstCallMs = null;
      return answer(response, 200, json({}));
    case 'GET /first':
      return answer(response, 200, json({ firstCallMs }));
    default:
      return answer(response, 404, json({}));
  }
});
server.keepAliveTimeout = 65_000;

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function answer(response: ServerResponse, status: number, body: Buffer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

listenAndAnnounce(server, options.has('while-stdin-open'));
