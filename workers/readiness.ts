import type { Client } from '@temporalio/client';
import type { Readiness } from '../platform/foundation/health-server.ts';
import type { Ledger } from '../platform/ledger/ledger.ts';

/** A service that answers at all answers within this. */
const ANSWER_WITHIN_MS = 2000;

/** Whether a worker can take work: it polls, and Temporal and the ledger answer. */
export function readinessOf(parts: {
  readonly state: () => string;
  readonly client: Client;
  readonly ledger: Pick<Ledger, 'pool'>;
}): () => Promise<Readiness> {
  const { client, ledger } = parts;
  return async () => {
    const state = parts.state();
    const [temporal, database] = await Promise.all([
      answers(
        client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
          client.workflowService.describeNamespace({ namespace: client.options.namespace }),
        ),
      ),
      answers(ledger.pool.query('select 1')),
    ]);
    return {
      worker: { ok: state === 'RUNNING', says: state.toLowerCase() },
      temporal: { ok: temporal, says: temporal ? 'answers' : 'does not answer: runs wait for it' },
      ledger: { ok: database, says: database ? 'answers' : 'does not answer: steps wait for it' },
    };
  };
}

async function answers(asked: Promise<unknown>): Promise<boolean> {
  const within = new Promise<false>((resolve) => setTimeout(resolve, ANSWER_WITHIN_MS, false).unref());
  return Promise.race([
    asked.then(
      () => true,
      () => false,
    ),
    within,
  ]);
}
