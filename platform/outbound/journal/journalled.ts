import { type CallTiming, type JournalSettings, journalOf } from '../../../model/connection/call.ts';
import type { Connection } from '../../../model/connection/connection.ts';
import { isSyncFailure } from '../../../model/failure/failure.ts';
import type { Sort } from '../errors/error-rules.ts';
import type { Incoming, Outgoing, Stage } from '../pipeline.ts';
import { callContext } from './call-context.ts';
import type { BodyHead, SeenCall } from './entry.ts';
import type { Journal } from './journal.ts';

/** Bytes of a body that are kept: of a call that got an error or no answer enough to see why, of another its shape. */
const bodyLimit: Readonly<Record<JournalSettings['bodies'], { readonly failed: number; readonly fine: number }>> = {
  none: { failed: 0, fine: 0 },
  head: { failed: 16 * 1024, fine: 4 * 1024 },
  full: { failed: 4 * 1024 * 1024, fine: 4 * 1024 * 1024 },
};

/**
 * Notes each request that leaves, with its answer or failure. The innermost stage, so that a login, each hop of a
 * redirect and each replay are entries of their own.
 */
export const journalled =
  (journal: Journal, connection: Connection, clock: { now(): number }, sort: Sort): Stage =>
  (next) =>
  async (request) => {
    const began = { atMs: clock.now(), elapsedMs: performance.now(), timing: {} as CallTiming };
    const timed = (timing: CallTiming): void => {
      began.timing = timing;
    };
    try {
      const answer = await next({ ...request, timed });
      journal.note(seenOf(connection, request, began, { answer, code: sort(answer)?.code ?? null }));
      return answer;
    } catch (error) {
      const code = request.signal.aborted ? 'CANCELLED' : isSyncFailure(error) ? error.code : 'INTERNAL';
      journal.note(seenOf(connection, request, began, { code }));
      throw error;
    }
  };

interface Began {
  readonly atMs: number;
  readonly elapsedMs: number;
  readonly timing: CallTiming;
}

function seenOf(
  connection: Connection,
  request: Outgoing,
  began: Began,
  { answer, code }: { readonly answer?: Incoming; readonly code: string | null },
): SeenCall {
  const context = callContext();
  const limits = bodyLimit[request.confidential === true ? 'none' : journalOf(connection).bodies];
  const isFine = code === null && answer !== undefined && answer.status < 400;
  const limit = isFine ? limits.fine : limits.failed;
  const requestBytes = request.body === undefined ? 0 : Buffer.byteLength(request.body);
  return {
    atMs: began.atMs,
    connection,
    use: request.use ?? null,
    run: context?.run ?? null,
    batch: context?.batch ?? null,
    step: context?.step ?? null,
    method: request.method,
    route: request.route,
    url: request.url,
    keys: request.keys ?? [],
    status: answer?.status ?? null,
    code,
    ms: Math.round(performance.now() - began.elapsedMs),
    timing: began.timing,
    requestHeaders: request.headers,
    responseHeaders: answer?.headers ?? {},
    requestBytes,
    responseBytes: answer?.body.length ?? 0,
    requestBody: request.body === undefined ? null : headOf(request.body, requestBytes, limit),
    responseBody: answer === undefined ? null : headOf(answer.body, answer.body.length, limit),
  };
}

/** A copy of the beginning: a slice would keep the whole body in memory until the entry is written. */
function headOf(body: string | Buffer, bytes: number, limit: number): BodyHead | null {
  if (limit === 0 || bytes === 0) return null;
  const head = typeof body === 'string' ? Buffer.from(body.slice(0, limit)) : Buffer.from(body.subarray(0, limit));
  return { head: head.subarray(0, limit), bytes };
}
