import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { psqlFolder } from '../../deploy/local/postgres.ts';
import { whyNoGo } from '../../stack/go-programs.ts';
import { describeUnless } from '../support/skip.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');
const minute = 60_000;

const noPsql = await psqlFolder().then(
  () => null,
  (error: Error) => error.message,
);

describeUnless((await whyNoGo()) ?? noPsql, 'every service of docker-compose.yml, without Docker', () => {
  it(
    'starts, is healthy, and carries a sync that delivers nothing the second time',
    async () => {
      const { stdout } = await run(process.execPath, ['dist-lab/deploy/local/main.js'], { cwd: root });
      expect(stdout.trim().split('\n')).toEqual([
        'temporal-ui: serves its page',
        'first run: succeeded, fetched 1000, delivered 1000, unchanged 0',
        'second run: succeeded, fetched 1000, delivered 0, unchanged 1000',
        'the table holds the 1000 rows of the file',
        'Every service of docker-compose.yml ran, and the sync through them was right.',
      ]);
    },
    // Building the programs once takes minutes; after that half a minute.
    15 * minute,
  );
});
