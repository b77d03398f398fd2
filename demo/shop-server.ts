import { Catalog, positionOf, positionSince } from './catalog.ts';
import { tokenBucket } from './rate-limit.ts';
import { type Answer, type Call, ok, problem, type RunningServer, serve, wholeNumber } from './server.ts';

export interface ShopOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly token: string;
  readonly orders: number;
  readonly badShare?: number;
  /** Calls a second to `/orders` before they are answered 429. Unlimited when absent. */
  readonly callsPerSecond?: number;
  /** Writes the pages of this size before the first call. */
  readonly warmLimit?: number;
}

/** Calls to `/orders` since the start. */
export interface ShopStats {
  readonly calls: number;
  /** Of these, answered 429. */
  readonly refused: number;
}

const maxLimit = 1000;
const defaultLimit = 100;

const documentation = `The shop of the Syncline demo. Every call needs: Authorization: Bearer TOKEN

GET /orders?limit=100&cursor=...&updated_since=2026-01-01T00:00:00Z
  Orders in the order of their last change, as {"orders": [...], "next": cursor or null}.
  limit         1 to ${maxLimit}, default ${defaultLimit}
  cursor        "next" of the page before
  updated_since only what changed at or after this time; ignored beside a cursor
  Called too often it answers 429 with Retry-After in seconds.

POST /demo/change?share=0.01   changes this share of the orders
GET  /demo/truth               the valid orders with their revision, and how many are bad in which way
GET  /demo/stats               how many calls there were, and how many were refused
`;

/**
 * The demo's shop: `GET /orders?cursor=&limit=&updated_since=` behind a bearer token and a rate limit. Below `/demo/`
 * lies what a real shop would not have: changing orders, and telling the truth to a checker.
 */
export function startShop(options: ShopOptions): Promise<RunningServer> {
  const catalog = new Catalog(options);
  if (options.warmLimit !== undefined) catalog.warm(options.warmLimit);
  const take = options.callsPerSecond === undefined ? () => 0 : tokenBucket(options.callsPerSecond);
  let stats: ShopStats = { calls: 0, refused: 0 };

  const limited = (call: Call): Answer => {
    const waitMs = take(performance.now());
    stats = { calls: stats.calls + 1, refused: stats.refused + (waitMs > 0 ? 1 : 0) };
    return waitMs > 0 ? tooMany(waitMs) : orders(catalog, call.query);
  };

  const handle = (call: Call): Answer => {
    switch (`${call.method} ${call.path}`) {
      case 'GET /orders':
        return limited(call);
      case 'POST /demo/change':
        return change(catalog, call.query);
      case 'GET /demo/truth':
        return ok(catalog.truth());
      case 'GET /demo/stats':
        return ok(stats);
      default:
        return problem(404, 'The shop has no such resource.');
    }
  };
  return serve({ port: options.port, token: options.token, documentation, handle });
}

const tooMany = (waitMs: number): Answer => ({
  ...problem(429, 'Too many calls.'),
  headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
});

function orders(catalog: Catalog, query: URLSearchParams): Answer {
  const limit = wholeNumber(query.get('limit'), defaultLimit, 1, maxLimit);
  if (limit === undefined) return problem(400, `limit must be a whole number from 1 to ${maxLimit}.`);
  const start = startOf(query.get('cursor'), query.get('updated_since'));
  if (start === undefined) return problem(400, 'cursor is not one of ours, or updated_since is not an ISO 8601 time.');
  return ok(catalog.page(start, limit));
}

/** A cursor already knows where it is; without one reading begins at `since`, or at the first order. */
function startOf(cursor: string | null, since: string | null): number | undefined {
  if (cursor !== null) return positionOf(cursor);
  return since === null ? 0 : positionSince(since);
}

function change(catalog: Catalog, query: URLSearchParams): Answer {
  const share = Number(query.get('share') ?? '0.01');
  if (!(share >= 0 && share <= 1)) return problem(400, 'share must be between 0 and 1.');
  return ok({ changed: catalog.change(share) });
}
