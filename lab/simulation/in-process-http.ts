import type { HttpAnswer, HttpCall, HttpClient } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Asked, Told } from '../chaos/http.ts';
import type { Fate } from './destination.ts';

/** Of the connection to such a system. */
export const settings = { address: 'http://localhost', headers: {} };

/** A system that lives in this process. `answer` is told which share of a write takes effect. */
export interface System {
  readonly nowMs: () => number;
  readonly answer: (asked: Asked, share: number) => Told;
}

/** Calls are answered at once; `fateOf` says what befalls the next write. */
export const inProcess = ({ nowMs, answer }: System, fateOf: () => Fate = () => 'done'): HttpClient => ({
  async request(call: HttpCall): Promise<HttpAnswer> {
    const fate = call.method === 'GET' ? 'done' : fateOf();
    if (fate === 'refused') throw new SyncFailure('CONNECTION_REFUSED', 'refused', { effect: 'none' });
    if (fate === 'lost before') throw new SyncFailure('TIMEOUT', 'no answer', { effect: 'unknown' });
    const told = answer(askedBy(call), fate === 'lost half way' ? 0.5 : 1);
    if (fate.startsWith('lost')) throw new SyncFailure('TIMEOUT', 'no answer', { effect: 'unknown' });
    const headers = { 'content-type': 'application/json', date: new Date(nowMs()).toUTCString() };
    return { status: told.status, headers, body: Buffer.from(JSON.stringify(told.body)) };
  },
});

function askedBy({ method, path, query = {}, headers = {}, body = '' }: HttpCall): Asked {
  const url = new URL(path, 'http://localhost');
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, String(value));
  return {
    method,
    path: url.pathname,
    query: url.searchParams,
    idempotencyKey: headers['Idempotency-Key'] ?? null,
    body: Buffer.from(body),
  };
}
