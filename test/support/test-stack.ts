import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { createProgress } from '../../platform/foundation/progress.ts';
import { cacheFolderOf } from '../../stack/cache-folder.ts';
import { startGuard } from '../../stack/guard.ts';
import { startPostgres } from '../../stack/postgres-server.ts';
import { obtainTemporal } from '../../stack/temporal-binary.ts';
import { startTemporal } from '../../stack/temporal-server.ts';

/** One Temporal and one PostgreSQL for a whole test run, in a folder that is removed afterwards. */
export interface TestStack {
  /** Null with the reason when it could not be had: tests without that need run all the same. */
  readonly temporalAddress: string | null;
  readonly databaseUrl: string | null;
  readonly problems: readonly string[];
  stop(): Promise<void>;
}

export async function startTestStack(env: NodeJS.ProcessEnv): Promise<TestStack> {
  const folder = await mkdtemp(path.join(tmpdir(), 'syncline-test-'));
  // PostgreSQL's own user must be able to enter it when the tests run as root.
  await chmod(folder, 0o755);
  const guard = startGuard();
  const progress = createProgress(process.stderr);
  const [postgres, temporal] = await Promise.allSettled([
    env['DATABASE_URL'] ? null : postgresIn(folder),
    env['TEMPORAL_ADDRESS'] ? null : temporalIn(folder),
  ]);
  return {
    temporalAddress:
      env['TEMPORAL_ADDRESS'] || (temporal.status === 'fulfilled' ? temporal.value?.address : null) || null,
    databaseUrl: env['DATABASE_URL'] || (postgres.status === 'fulfilled' ? postgres.value?.url : null) || null,
    problems: [postgres, temporal].flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : [])),
    async stop() {
      if (temporal.status === 'fulfilled') await temporal.value?.server.stop();
      if (postgres.status === 'fulfilled') await postgres.value?.server.stop();
      await guard.close();
      await rm(folder, { recursive: true, force: true });
    },
  };

  function postgresIn(parent: string) {
    return startPostgres({
      folder: path.join(parent, 'postgres'),
      projectFolder: parent,
      cacheFolder: cacheFolderOf(env, homedir()),
      env,
      guard,
      progress,
      durable: false,
      port: 'any',
    });
  }

  async function temporalIn(parent: string) {
    const binary = await obtainTemporal({ env, home: homedir() }, progress);
    return startTemporal({
      folder: path.join(parent, 'temporal'),
      binary,
      env,
      guard,
      progress,
      headless: true,
      ports: 'any',
    });
  }
}
