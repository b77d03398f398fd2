import { z } from 'zod';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { checkProject } from '../../project/load.ts';
import { soundSync } from '../../project/sound-sync.ts';
import { connectionReport, connectionReports } from '../connections.ts';
import type { EngineContext } from '../context.ts';
import { runFindings } from '../contracts/run-findings.ts';
import { syncSeen } from '../contracts/sync-seen.ts';
import { unagreedEntry } from '../contracts/unagreed-entry.ts';
import { operation } from '../operation.ts';
import { expectedRecords } from '../runs/expected.ts';
import { findingsOf } from '../runs/findings.ts';
import { gatherAll, gatherOne } from './gather.ts';

/** How every sync of the project stands, with its latest run, and where the connections stand. */
export const statusOfAll = operation({
  name: 'status',
  effect: 'reads',
  input: z.object({}),
  document: z.object({ syncs: z.array(syncSeen).readonly(), connections: z.array(connectionReport).readonly() }),
  target: () => null,
  async work({ projectFolder, env, engine: open }: EngineContext) {
    const { project } = await checkProject(projectFolder, env);
    const engine = await open();
    return {
      syncs: await gatherAll(engine, [...(project?.syncs.keys() ?? [])]),
      connections: await connectionReports(engine.ledger, project),
    };
  },
});

/** Records that both sides do not agree on, in the document of one sync. */
const UNAGREED_LISTED = 50;

/**
 * How one sync stands: its last runs, what the latest found, what both sides do not agree on, and how many records a
 * complete read has to expect. Throws when its files are in error.
 */
export const statusOfOne = operation({
  name: 'status',
  effect: 'reads',
  input: z.object({ sync: z.string() }),
  document: syncSeen.extend({
    ...runFindings.shape,
    unagreed: z.array(unagreedEntry).readonly(),
    expectedRecords: z.number().nullable(),
  }),
  target: ({ sync }) => sync,
  async work({ projectFolder, env, engine: open }: EngineContext, { sync }) {
    soundSync(await checkProject(projectFolder, env), sync);
    const engine = await open();
    const seen = await gatherOne(engine, sync);
    return {
      ...seen,
      ...(await foundBy(engine.ledger, sync, seen.runs[0]?.summary.run)),
      expectedRecords: expectedRecords(seen.runs.map(({ summary }) => summary)) ?? null,
    };
  },
});

async function foundBy(ledger: Ledger, sync: string, latest: string | undefined) {
  if (latest === undefined) return { quarantine: [], drift: [], notices: [], unagreed: [] };
  return { ...(await findingsOf(ledger, latest)), unagreed: await ledger.unagreed.list(sync, UNAGREED_LISTED) };
}
