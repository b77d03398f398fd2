import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, chown, cp, lstat, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkDatabase } from '../../stack/external.ts';
import { startGuard } from '../../stack/guard.ts';
import { findPostgresPackage } from '../../stack/postgres-binaries.ts';
import { type PostgresServer, type PostgresServerOptions, startPostgres } from '../../stack/postgres-server.ts';
import { removeProject } from '../../stack/remove-project.ts';
import { parsePasswd } from '../../stack/run-as.ts';
import { noting, plainEnvironment, testUnless, withFolder } from '../support/stack.ts';

const isRoot = process.getuid?.() === 0;

async function withPostgres<T>(
  folder: string,
  more: Partial<PostgresServerOptions>,
  work: (server: PostgresServer, notes: readonly string[]) => Promise<T>,
): Promise<T> {
  const guard = startGuard();
  const progress = noting();
  try {
    const started = await startPostgres({
      folder: path.join(folder, 'postgres'),
      projectFolder: folder,
      cacheFolder: path.join(folder, 'cache'),
      env: plainEnvironment(),
      guard,
      progress,
      durable: false,
      port: 'any',
      ...more,
    });
    try {
      return await work(started, progress.lines);
    } finally {
      await started.server.stop();
    }
  } finally {
    await guard.close();
  }
}

/** The installed package as `npm ci --ignore-scripts` leaves it: without the links of its libraries. */
async function packageWithoutLinks(folder: string): Promise<string> {
  const copy = path.join(folder, 'package');
  await cp(findPostgresPackage(), copy, { recursive: true, verbatimSymlinks: true });
  const libraries = path.join(copy, 'native/lib');
  for (const name of await readdir(libraries)) {
    const file = path.join(libraries, name);
    if ((await lstat(file)).isSymbolicLink()) await rm(file);
  }
  return copy;
}

test('a package that was installed without its install script runs', async () => {
  await withFolder(async (folder) => {
    const packageFolder = await packageWithoutLinks(folder);
    await withPostgres(folder, { packageFolder }, async ({ url }) => {
      expect(await checkDatabase(url)).toMatch(/^18\./);
    });
  });
});

test('a package that cannot be changed, or not be reached, is used from a copy', async () => {
  await withFolder(async (folder) => {
    const closed = path.join(folder, 'closed');
    await mkdir(closed);
    const packageFolder = await packageWithoutLinks(closed);
    // Root may write anywhere, but PostgreSQL then runs as another user, who may not enter this folder.
    if (isRoot) await chmod(closed, 0o700);
    else await chmod(path.join(packageFolder, 'native/lib'), 0o555);
    try {
      await withPostgres(folder, { packageFolder }, async ({ url }) => {
        expect(await checkDatabase(url)).toMatch(/^18\./);
      });
      expect(await readdir(path.join(folder, 'cache'))).toEqual([expect.stringMatching(/^postgres-18\.[\w.-]+$/)]);
    } finally {
      await chmod(path.join(packageFolder, 'native/lib'), 0o755);
    }
  });
});

testUnless(
  isRoot ? null : 'it takes root',
  'as root, data of a folder that only root may enter is put where its user can reach it',
  async () => {
    await withFolder(async (folder) => {
      const elsewhere = path.join(folder, 'elsewhere');
      const project = path.join(folder, 'project');
      await mkdir(project, { mode: 0o700 });
      const start = (work: (server: PostgresServer, notes: readonly string[]) => Promise<void>) =>
        withPostgres(project, { rootFolders: [elsewhere], cacheFolder: path.join(folder, 'cache') }, work);
      await start(async ({ url }, notes) => {
        expect(await checkDatabase(url)).toMatch(/^18\./);
        expect(notes).toEqual([expect.stringContaining(elsewhere)]);
      });
      const [chosen] = await readdir(elsewhere);
      expect((await stat(path.join(elsewhere, chosen ?? '', 'data'))).uid).not.toBe(0);
      await start(async () => {});
      expect(await readdir(elsewhere)).toEqual([chosen]);
    });
  },
);

test('the password is random and only its owner can read it', async () => {
  await withFolder((folder) =>
    withPostgres(folder, {}, async ({ url }) => {
      expect(new URL(url).password).toMatch(/^[0-9a-f]{48}$/);
      expect((await stat(path.join(folder, 'postgres/password'))).mode & 0o777).toBe(0o600);
    }),
  );
});

test('a pid file whose pid belongs to another program by now does not keep it from starting', async () => {
  await withFolder(async (folder) => {
    await withPostgres(folder, {}, async () => {});
    const data = path.join(folder, 'postgres/data');
    const { uid, gid } = await stat(data);
    await withIdleProcess({ uid, gid }, async (pid) => {
      const file = path.join(data, 'postmaster.pid');
      await writeFile(file, `${pid}\n${data}\n0\n5432\n\n127.0.0.1\n`);
      if (isRoot) await chown(file, uid, gid);
      await withPostgres(folder, {}, async ({ url }) => {
        expect(await checkDatabase(url)).toMatch(/^18\./);
      });
    });
  });
});

test('a set-up that was interrupted is begun again', async () => {
  await withFolder(async (folder) => {
    const unfinished = path.join(folder, 'postgres/data.unfinished-of-a-killed-process');
    await mkdir(unfinished, { recursive: true });
    await writeFile(path.join(folder, 'postgres/password'), 'of the killed process\n');
    await withPostgres(folder, {}, async ({ url }) => {
      expect(await checkDatabase(url)).toMatch(/^18\./);
    });
    expect((await readdir(path.join(folder, 'postgres'))).filter((name) => name.includes('unfinished'))).toEqual([]);
  });
});

test('data of another major version is refused by name, and left alone', async () => {
  await withFolder(async (folder) => {
    await mkdir(path.join(folder, 'postgres/data'), { recursive: true });
    await writeFile(path.join(folder, 'postgres/data/PG_VERSION'), '17\n');
    await expect(withPostgres(folder, {}, async () => {})).rejects.toMatchObject({
      code: 'STACK_FAILED',
      message: expect.stringMatching(/PostgreSQL 17.*holds 18/),
    });
    expect(await readdir(path.join(folder, 'postgres/data'))).toEqual(['PG_VERSION']);
  });
});

test('a lost password is named as the cause', async () => {
  await withFolder(async (folder) => {
    await withPostgres(folder, {}, async () => {});
    await rm(path.join(folder, 'postgres/password'));
    await expect(withPostgres(folder, {}, async () => {})).rejects.toMatchObject({
      code: 'STACK_FAILED',
      message: expect.stringContaining(path.join(folder, 'postgres/password')),
    });
  });
});

test('a package that is not installed is named, with what to do', () => {
  expect(() => findPostgresPackage('file:///nowhere/else.js')).toThrow(
    expect.objectContaining({ code: 'STACK_FAILED', message: expect.stringContaining('DATABASE_URL') }),
  );
});

test('a project that was made for a while goes with the data that root keeps elsewhere for it', async () => {
  await withFolder(async (folder) => {
    const [project, elsewhere] = [path.join(folder, 'project'), path.join(folder, 'elsewhere')];
    await mkdir(path.join(project, '.syncline', 'postgres'), { recursive: true });
    await mkdir(path.join(elsewhere, 'data'), { recursive: true });
    await writeFile(path.join(project, '.syncline', 'postgres', 'folder'), `${elsewhere}\n`);
    await removeProject(project);
    expect(await readdir(folder)).toEqual([]);
  });
});

test('users are read from the lines of passwd(5)', () => {
  expect(
    parsePasswd('root:x:0:0:root:/root:/bin/bash\n# comment\n\npostgres:x:101:104::/var/lib/postgresql:\n'),
  ).toEqual([
    { name: 'root', uid: 0, gid: 0 },
    { name: 'postgres', uid: 101, gid: 104 },
  ]);
});

/** Some program of the same user, which PostgreSQL cannot tell from a postmaster. */
async function withIdleProcess(
  owner: { uid: number; gid: number },
  work: (pid: number) => Promise<void>,
): Promise<void> {
  const as = isRoot ? owner : {};
  const idle: ChildProcess = spawn('/bin/sleep', ['600'], { stdio: 'ignore', ...as });
  try {
    await work(idle.pid ?? 0);
  } finally {
    idle.kill('SIGKILL');
  }
}
