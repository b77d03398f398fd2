import type { Environment } from '../../platform/foundation/environment.ts';
import { ledgerCertificates } from '../../platform/ledger/connections/certificates.ts';
import { ledgerConnections } from '../../platform/ledger/connections/connections.ts';
import { ledgerPool } from '../../platform/ledger/sql/sql.ts';
import { type ConnectionReport, connectionWords, isWorthTelling } from '../../platform/outbound/limits/report.ts';
import { checkProject } from '../../project/load.ts';
import { connectionReports } from '../connections.ts';
import { type Finding, warning } from './finding.ts';

const todoOf = ({ breaker, held, certificate }: ConnectionReport): string =>
  breaker === 'closed' && held === null && certificate !== null
    ? 'Have its owner renew the certificate.'
    : 'Syncs wait by themselves; {connections.release} ends a wait that is no longer right.';

/**
 * Connections that are down, were told to pause, or will use up their day: by what the workers have noted in the ledger.
 * Nothing is said of a ledger that cannot be read, or is older: that is another finding's business.
 */
export async function checkLimits(databaseUrl: string, folder: string, env: Environment): Promise<Finding[]> {
  const pool = ledgerPool(databaseUrl, 1);
  try {
    const { project } = await checkProject(folder, env);
    const reports = await connectionReports(
      { connections: ledgerConnections(pool), certificates: ledgerCertificates(pool) },
      project,
    );
    return reports.filter(isWorthTelling).map((report) => {
      const { connection: name } = report;
      return warning(`State of ${name}`, connectionWords(report), todoOf(report), { name });
    });
  } catch {
    return [];
  } finally {
    await pool.end();
  }
}
