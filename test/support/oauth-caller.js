import process from 'node:process';
import { authSpec } from '../../dist/model/connection/auth.js';
import { isSyncFailure } from '../../dist/model/failure/failure.js';
import { openLedger } from '../../dist/platform/ledger/ledger.js';
import { sealedTokens } from '../../dist/platform/outbound/auth/oauth/token-store.js';
import { createHttpClient } from '../../dist/platform/outbound/client.js';
import { createReadSecret } from '../../dist/platform/secrets/read.js';

/**
 * One of several worker processes that share a connection: calls through the real door, one call after the other, until
 * its standard input closes; then prints how its calls ended. Started by test/platform/oauth.test.ts, of the built program.
 */
const env = process.env;
const connection = JSON.parse(env.CONNECTION);
const ledger = await openLedger(env.DATABASE_URL);
const silent = () => {};
const http = createHttpClient({
  connection: { ...connection, auth: authSpec.parse(connection.auth) },
  readSecret: createReadSecret({ env, projectFolder: '.' }),
  tokens: sealedTokens(ledger.tokens, env, '.'),
  log: { debug: silent, info: silent, warn: silent, error: silent },
  clock: Date,
});

let isOver = false;
process.stdin.resume().on('end', () => {
  isOver = true;
});

const ended = {};
while (!isOver) {
  const how = await http
    .request({ method: 'POST', path: '/orders', body: '{}', signal: new AbortController().signal })
    .then(
      ({ status }) => String(status),
      (error) => (isSyncFailure(error) ? `${error.code}: ${error.message}` : String(error)),
    );
  ended[how] = (ended[how] ?? 0) + 1;
  await new Promise((resolve) => setTimeout(resolve, 10));
}
process.stdout.write(JSON.stringify(ended));
http.close();
await ledger.close();
process.exit(0);
