import { createHash } from 'node:crypto';
import { jsonIn } from '../model/record/json.ts';
import { effectsByKey } from './effects.ts';
import { type Invoice, judge } from './invoice-rules.ts';
import { Journal, type StoredResult } from './journal.ts';
import { type Answer, type Call, ok, problem, type RunningServer, serve, wholeNumber } from './server.ts';

export interface BooksOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly token: string;
  /** The journal's file; what it holds is restored at the start. In memory only when absent. */
  readonly journalFile?: string;
}

/** The outcome of one item of a bulk request. */
export interface ItemResult {
  readonly externalId: string | null;
  readonly status: 'created' | 'updated' | 'rejected';
  /** The books' own number of the invoice. */
  readonly id?: string;
  readonly error?: { readonly field: string; readonly message: string };
}

const maxItems = 500;
const maxJournalPage = 10_000;

const documentation = `The books of the Syncline demo. Every call needs: Authorization: Bearer TOKEN

POST /invoices/bulk            {"invoices": [...]}, 1 to ${maxItems} of them
  Creates or replaces each invoice by its externalId, and answers one result for each:
  {"results": [{"externalId", "status": "created", "updated" or "rejected", "id", "error": {"field", "message"}}]}
  With the header Idempotency-Key a repeated request has no second effect and gets the same answer.
GET  /invoices/{externalId}    one invoice
GET  /invoices?ids=a,b         up to ${maxItems} invoices; those that are not there are left out

GET  /demo/journal?after=0     every request since the beginning, ${maxJournalPage} at the most
GET  /demo/effects             for each invoice, how often and with which revisions it was written
POST /demo/lose-answers?count=1   the next bulk requests take effect, but are never answered
`;

/**
 * The demo's accounting system: `POST /invoices/bulk` with an idempotency key and one result per item,
 * `GET /invoices/{externalId}`, `GET /invoices?ids=a,b`. Below `/demo/` a checker reads the journal and the effects.
 */
export function startBooks(options: BooksOptions): Promise<RunningServer> {
  const books = new Books(options.journalFile);
  const { port, token } = options;
  return serve({ port, token, documentation, handle: (call) => books.handle(call) });
}

class Books {
  readonly #invoices = new Map<string, { readonly id: string; readonly invoice: Invoice }>();
  readonly #results = new Map<string, StoredResult>();
  readonly #journal: Journal;
  #answersToLose = 0;

  constructor(journalFile: string | undefined) {
    this.#journal = new Journal(journalFile);
    for (const entry of this.#journal.restore()) {
      for (const invoice of entry.invoices) this.#put(invoice);
      if (entry.idempotencyKey !== null && entry.result) this.#results.set(entry.idempotencyKey, entry.result);
    }
  }

  handle(call: Call): Answer | undefined {
    switch (`${call.method} ${call.path}`) {
      case 'POST /invoices/bulk':
        return this.#bulk(call);
      case 'GET /invoices':
        return this.#noted(call, this.#list(call.query.get('ids')));
      case 'GET /demo/journal':
        return this.#readJournal(call.query);
      case 'GET /demo/effects':
        return ok(effectsByKey(this.#journal.effects()));
      case 'POST /demo/lose-answers':
        return this.#loseAnswers(call.query);
      default:
        return this.#one(call);
    }
  }

  #bulk(call: Call): Answer | undefined {
    const key = idempotencyKeyOf(call);
    const fingerprint = createHash('sha256').update(call.body).digest('hex');
    const earlier = key === null ? undefined : this.#results.get(key);
    if (earlier) return this.#again(call, earlier, fingerprint);
    const items = itemsOf(call.body);
    if (items === undefined)
      return this.#noted(call, problem(422, `The body must be {"invoices": […]} with 1 to ${maxItems} invoices.`));
    return this.#commit(call, key, fingerprint, items);
  }

  /** The same key again: the stored answer, and no effect. With another body it is a mistake of the caller. */
  #again(call: Call, earlier: StoredResult, fingerprint: string): Answer {
    if (earlier.fingerprint !== fingerprint)
      return this.#noted(call, problem(422, 'This idempotency key was used with another body.'));
    const answer = ok(earlier.answer, { 'idempotent-replay': 'true' });
    this.#note(call, answer.status, { replay: true });
    return answer;
  }

  #commit(call: Call, key: string | null, fingerprint: string, items: readonly unknown[]): Answer | undefined {
    const invoices: Invoice[] = [];
    const results = items.map((item): ItemResult => {
      const judged = judge(item);
      if ('refusal' in judged) return { externalId: externalIdOf(item), status: 'rejected', error: judged.refusal };
      invoices.push(judged.invoice);
      return this.#apply(judged.invoice);
    });
    const answer = JSON.stringify({ results });
    const answerLost = this.#answersToLose > 0;
    if (answerLost) this.#answersToLose--;
    const result = key === null ? null : { fingerprint, answer };
    this.#note(call, 200, { invoices, refused: items.length - invoices.length, result, answerLost });
    if (key !== null && result) this.#results.set(key, result);
    return answerLost ? undefined : ok(answer);
  }

  #apply(invoice: Invoice): ItemResult {
    const known = this.#invoices.has(invoice.externalId);
    return { externalId: invoice.externalId, status: known ? 'updated' : 'created', id: this.#put(invoice) };
  }

  #put(invoice: Invoice): string {
    const id = this.#invoices.get(invoice.externalId)?.id ?? `inv_${String(this.#invoices.size + 1).padStart(7, '0')}`;
    this.#invoices.set(invoice.externalId, { id, invoice });
    return id;
  }

  #one(call: Call): Answer {
    const externalId = call.method === 'GET' ? /^\/invoices\/([^/]+)$/.exec(call.path)?.[1] : undefined;
    if (externalId === undefined) return problem(404, 'The books have no such resource.');
    const found = this.#invoices.get(decodeURIComponent(externalId));
    return this.#noted(
      call,
      found ? ok({ id: found.id, ...found.invoice }) : problem(404, 'There is no such invoice.'),
    );
  }

  #list(ids: string | null): Answer {
    const wanted = ids === null || ids === '' ? [] : ids.split(',');
    if (wanted.length === 0 || wanted.length > maxItems)
      return problem(400, `ids must name 1 to ${maxItems} invoices, separated by commas.`);
    const found = wanted.map((externalId) => this.#invoices.get(externalId)).filter((known) => known !== undefined);
    return ok({ invoices: found.map(({ id, invoice }) => ({ id, ...invoice })) });
  }

  #readJournal(query: URLSearchParams): Answer {
    const after = wholeNumber(query.get('after'), 0, 0, 999_999_999);
    const limit = wholeNumber(query.get('limit'), 1000, 1, maxJournalPage);
    if (after === undefined || limit === undefined) return problem(400, 'after and limit must be whole numbers.');
    const entries = this.#journal.after(after, limit);
    return ok({ entries, next: entries.length < limit ? null : after + limit });
  }

  /** The next bulk requests are committed and their answers withheld. */
  #loseAnswers(query: URLSearchParams): Answer {
    const count = wholeNumber(query.get('count'), 1, 0, 1_000_000);
    if (count === undefined) return problem(400, 'count must be a whole number.');
    this.#answersToLose = count;
    return ok({ losing: count });
  }

  #noted(call: Call, answer: Answer): Answer {
    this.#note(call, answer.status, {});
    return answer;
  }

  #note(call: Call, status: number, what: Partial<Noted>): void {
    const invoices = what.invoices ?? [];
    this.#journal.append({
      method: call.method,
      path: call.path,
      status,
      idempotencyKey: idempotencyKeyOf(call),
      replay: what.replay ?? false,
      answerLost: what.answerLost ?? false,
      applied: invoices.map((invoice) => [invoice.externalId, invoice.sourceRevision] as const),
      refused: what.refused ?? 0,
      invoices,
      result: what.result ?? null,
    });
  }
}

interface Noted {
  readonly invoices: readonly Invoice[];
  readonly refused: number;
  readonly replay: boolean;
  readonly answerLost: boolean;
  readonly result: StoredResult | null;
}

function idempotencyKeyOf(call: Call): string | null {
  const header = call.headers['idempotency-key'];
  return typeof header === 'string' && header !== '' ? header : null;
}

function itemsOf(body: Buffer): readonly unknown[] | undefined {
  const parsed = jsonIn(body.toString());
  if (typeof parsed !== 'object' || parsed === null || !('invoices' in parsed)) return undefined;
  const { invoices } = parsed;
  return Array.isArray(invoices) && invoices.length > 0 && invoices.length <= maxItems ? invoices : undefined;
}

function externalIdOf(item: unknown): string | null {
  if (typeof item !== 'object' || item === null || !('externalId' in item)) return null;
  return typeof item.externalId === 'string' ? item.externalId : null;
}
