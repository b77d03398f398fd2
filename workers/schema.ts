import { readSettings } from '../platform/foundation/config.ts';
import { createLog } from '../platform/foundation/log.ts';
import { openLedger } from '../platform/ledger/ledger.ts';
import { connectTemporal, registerSearchAttributes } from '../platform/temporal/connection.ts';

/** The schema job of a deployment: brings the ledger and the search attributes to this version, and ends. */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const log = createLog(settings.logLevel);
  const ledger = await openLedger(settings.databaseUrl);
  await ledger.close();
  log.info({}, 'ledger is up to date');
  const temporal = await connectTemporal(settings.temporalAddress, settings.namespace);
  await registerSearchAttributes(temporal);
  await temporal.close();
  log.info({}, 'search attributes are registered');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(5);
});
