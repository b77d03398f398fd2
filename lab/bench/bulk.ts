import { createServer } from 'node:http';
import { programOptions } from '../../demo/program.ts';
import { listenAndAnnounce } from './announced.ts';

/**
 * The HTTP destination of the benchmark: `POST /invoices/bulk` takes `{"invoices": [...]}` of up to 500 and answers a
 * result for each. It finds the ids in the text instead of parsing it, so that it is never the bottleneck.
 * `GET /stats` tells what it holds; `POST /reset` forgets it.
 */
const options = programOptions(['latency-ms', 'while-stdin-open']);
const latencyMs = Number(options.get('latency-ms') ?? 0);
const answers = new Map<string, Buffer>();
const revisions = new Map<string, number>();
let [requests, items, firstItemMs] = [0, 0, 0];

const field = Buffer.from('"externalId":"');

function results(body: Buffer): Buffer {
  const parts: string[] = [];
  for (let at = body.indexOf(field); at >= 0; at = body.indexOf(field, at + 1)) {
    const start = at + field.length;
    const id = body.toString('latin1', start, body.indexOf(34, start));
    const known = revisions.get(id);
    revisions.set(id, (known ?? 0) + 1);
    parts.push(`{"externalId":"${id}","status":"${known === undefined ? 'created' : 'updated'}"}`);
  }
  items += parts.length;
  if (parts.length > 500) return Buffer.from('{"error":"500 invoices at the most"}');
  return Buffer.from(`{"results":[${parts.join(',')}]}`);
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const answer = answerOf(`${request.method} ${request.url}`, request.headers['idempotency-key'], chunks);
    const send = () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
      response.end(answer);
    };
    if (latencyMs === 0) send();
    else setTimeout(send, latencyMs);
  });
});
server.keepAliveTimeout = 65_000;

function answerOf(call: string, key: string | string[] | undefined, chunks: readonly Buffer[]): Buffer {
  if (call === 'GET /stats') {
    const doubled = [...revisions.values()].filter((times) => times > 1).length;
    return Buffer.from(JSON.stringify({ requests, items, held: revisions.size, doubled, firstItemMs }));
  }
  if (call === 'POST /reset') {
    answers.clear();
    revisions.clear();
    [requests, items, firstItemMs] = [0, 0, 0];
    return Buffer.from('{}');
  }
  if (firstItemMs === 0) firstItemMs = Date.now();
  requests++;
  const earlier = typeof key === 'string' ? answers.get(key) : undefined;
  if (earlier) return earlier;
  const answer = results(Buffer.concat(chunks));
  if (typeof key === 'string') answers.set(key, answer);
  return answer;
}

listenAndAnnounce(server, options.has('while-stdin-open'));
