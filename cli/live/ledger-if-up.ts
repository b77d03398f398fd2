import { stateFolderOf } from '../../platform/foundation/state-folder.ts';
import { type Ledger, openLedger } from '../../platform/ledger/ledger.ts';
import { readRunningDev } from '../../stack/dev-file.ts';

/**
 * The ledger, where one is up already; nothing is started for it. Tokens that are renewed have to be kept there, and
 * limits are those of all workers together.
 */
export async function ledgerIfUp(projectFolder: string, env: NodeJS.ProcessEnv): Promise<Ledger | undefined> {
  const url = env['DATABASE_URL'] || (await readRunningDev(stateFolderOf(projectFolder)))?.databaseUrl;
  return url ? openLedger(url).catch(() => undefined) : undefined;
}
