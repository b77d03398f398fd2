import type { Pool } from 'pg';
import type { Destination } from '../../model/connector/connector.ts';
import { ask } from '../../platform/ledger/sql/sql.ts';

/** Intent first: which requests the ledger had announced, and which were written, and in which order. */
export class NotedRequests {
  /** Their intent was durable, by the ledger's word. */
  readonly #announced = new Set<string>();
  /** What was written, each with whether it had been announced by then. */
  readonly #written = new Map<string, boolean>();
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The same ledger, of which each intent is noted once it is durable. */
  intentsOf<
    Args extends readonly unknown[],
    T extends { openIntent(...args: Args): Promise<{ readonly requestId: string }> },
  >(ledger: T): T {
    const openIntent = async (...args: Args) => {
      const intent = await ledger.openIntent(...args);
      this.#announced.add(intent.requestId);
      return intent;
    };
    return { ...ledger, openIntent };
  }

  writesOf(destination: Destination): Destination {
    const write: Destination['write'] = async (request) => {
      // The first time counts.
      if (!this.#written.has(request.id))
        this.#written.set(request.id, this.#announced.has(request.id) || (await this.#look(request.id)));
      return destination.write(request);
    };
    return { ...destination, write };
  }

  /** Requests that were written without an intent before them, or of which the ledger has none. */
  unannounced(inLedger: ReadonlySet<string>): number {
    return [...this.#written].filter(([id, announced]) => !announced || !inLedger.has(id)).length;
  }

  /** The attempt that announced it may have died of the answer. */
  async #look(request: string): Promise<boolean> {
    const text = 'select 1 from intents where request_id = $1';
    return (await ask(this.#pool, 'looking for an intent', text, [request])).length > 0;
  }
}
