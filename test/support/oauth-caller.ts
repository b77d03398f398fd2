import process from 'node:process';
import { z } from 'zod';
import { authSpec } from '../../model/auth.ts';
import { isSyncFailure } from '../../model/failure.ts';
import { createHttpClient } from '../../platform/http/client.ts';
import { openLedger } from '../../platform/ledger/ledger.ts';
import { sealedTokens } from '../../platform/oauth/token-store.ts';
import { createReadSecret } from '../../platform/secrets/read.ts';
import { connectionTo, silentLog } from './tools.ts';

/**
 * One of several worker processes that share a connection: calls through the real door, one call after the other, until
 * its standard input closes; then prints how its calls ended. Started by test/oauth.test.ts.
 */
const given = z.object({ ADDRESS: z.string(), AUTH: z.string(), DATABASE_URL: z.string() }).loose().parse(process.env);

const env = process.env;
const ledger = await openLedger(given.DATABASE_URL);
const http = createHttpClient({
  connection: connectionTo({ address: given.ADDRESS }, { auth: authSpec.parse(JSON.parse(given.AUTH)) }),
  readSecret: createReadSecret({ env, projectFolder: '.' }),
  tokens: sealedTokens(ledger.tokens, env, '.'),
  log: silentLog,
  clock: Date,
});

let isOver = false;
process.stdin.resume().on('end', () => {
  isOver = true;
});

const ended: Record<string, number> = {};
while (!isOver) {
  const how = await http
    .request({ method: 'POST', path: '/orders', body: '{}', signal: new AbortController().signal })
    .then(
      ({ status }) => String(status),
      (error: unknown) => (isSyncFailure(error) ? `${error.code}: ${error.message}` : String(error)),
    );
  ended[how] = (ended[how] ?? 0) + 1;
  await new Promise((resolve) => setTimeout(resolve, 10));
}
process.stdout.write(JSON.stringify(ended));
http.close();
await ledger.close();
process.exit(0);
