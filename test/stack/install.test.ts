import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { installInto } from '../../stack/install-into.ts';
import { anyFreePort } from '../../stack/ports.ts';
import { findTemporal, obtainTemporal, type Places, temporalCache } from '../../stack/temporal-binary.ts';
import { noting, withFolder } from '../support/stack.ts';
import { withServer } from '../support/with-server.ts';

const run = promisify(execFile);
const compiled = new URL('../../dist/stack/install-into.js', import.meta.url).href;
const temporalSays = '#!/bin/sh\necho "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"\n';

/** A machine of its own: only what is put on PATH here is there, besides the system's own tools. */
interface Machine extends Places {
  readonly bin: string;
  put(name: string, script: string): Promise<string>;
}

async function withMachine(work: (machine: Machine) => Promise<void>): Promise<void> {
  await withFolder(async (home) => {
    const bin = path.join(home, 'bin');
    await mkdir(bin);
    const put = async (name: string, script: string) => {
      const file = path.join(bin, name);
      await writeFile(file, script);
      await chmod(file, 0o755);
      return file;
    };
    const nowhere = `http://127.0.0.1:${await anyFreePort()}/cli`;
    await work({ env: { PATH: `${bin}:/usr/bin:/bin`, HOME: home }, home, downloadUrl: nowhere, bin, put });
  });
}

const goThatBuilds = `#!/bin/sh
if [ "$1" = version ]; then echo "go version go1.26.1 linux/amd64"; exit 0; fi
echo building >> "$HOME/builds"
sleep 0.3
printf '${temporalSays.replaceAll('\n', '\\n')}' > "$GOBIN/temporal"
chmod 755 "$GOBIN/temporal"
`;

test('TEMPORAL_CLI_PATH comes first, and one that is wrong is an error instead of a reason to look elsewhere', async () => {
  await withMachine(async (machine) => {
    const onPath = await machine.put('temporal', temporalSays);
    const named = await machine.put('other', temporalSays.replace('1.29.1', '1.30.0'));
    expect((await findTemporal(machine)).found).toEqual({ path: onPath, serverVersion: '1.29.1' });
    const env = { ...machine.env, TEMPORAL_CLI_PATH: named };
    expect((await findTemporal({ ...machine, env })).found).toEqual({ path: named, serverVersion: '1.30.0' });
    const wrong = { ...machine.env, TEMPORAL_CLI_PATH: `${named}-not` };
    await expect(findTemporal({ ...machine, env: wrong })).rejects.toMatchObject({
      code: 'STACK_FAILED',
      message: expect.stringContaining(`${named}-not`),
    });
  });
});

test('a program of the same name that is no Temporal is passed over', async () => {
  await withMachine(async (machine) => {
    const other = await machine.put('temporal', '#!/bin/sh\necho "temporal, a calendar 3.1"\n');
    const { found, tried } = await findTemporal(machine);
    expect(found).toBeNull();
    expect(tried.join('\n')).toContain(`${other} no Temporal CLI with a server`);
  });
});

test('without network and Go, every place that was looked at and every way out is named', async () => {
  await withMachine(async (machine) => {
    const failure: unknown = await obtainTemporal(machine, noting()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'STACK_FAILED' });
    for (const words of [
      'TEMPORAL_ADDRESS is not set',
      'TEMPORAL_CLI_PATH is not set',
      '`temporal` on PATH: not there',
      temporalCache(machine),
      path.join(machine.home, 'go/bin'),
      'temporal.download: cannot be reached (ECONNREFUSED)',
      'no Go 1.21 or newer on PATH',
      'https://docs.temporal.io/cli',
      'https://go.dev/dl',
    ])
      expect(String(failure)).toContain(words);
  });
});

test('it is built with Go once, said so, and found in the cache ever after', async () => {
  await withMachine(async (machine) => {
    await machine.put('go', goThatBuilds);
    const progress = noting();
    const built = await obtainTemporal(machine, progress);
    expect(built).toEqual({ path: path.join(temporalCache(machine), 'temporal'), serverVersion: '1.29.1' });
    expect(progress.lines).toEqual([expect.stringMatching(/building version 1\.5\.1 with Go 1\.26, once.*minutes/)]);
    expect(await obtainTemporal(machine, noting())).toEqual(built);
    expect(await readFile(path.join(machine.home, 'builds'), 'utf8')).toBe('building\n');
  });
});

test('two builds at once both end with a program that runs, and leave nothing else', async () => {
  await withMachine(async (machine) => {
    await machine.put('go', goThatBuilds);
    const both = await Promise.all([obtainTemporal(machine, noting()), obtainTemporal(machine, noting())]);
    expect(both.map(({ serverVersion }) => serverVersion)).toEqual(['1.29.1', '1.29.1']);
    expect(await readdir(path.dirname(temporalCache(machine)))).toEqual([path.basename(temporalCache(machine))]);
  });
});

test('an installation that was killed half-way is not taken for one', async () => {
  await withFolder(async (folder) => {
    const target = path.join(folder, 'tool-1');
    const script = `
      import { writeFile } from 'node:fs/promises';
      import { installInto } from ${JSON.stringify(compiled)};
      await installInto(${JSON.stringify(target)}, async (temporary) => {
        await writeFile(temporary + '/tool', 'half');
        process.stdout.write('half');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
        return 'tool';
      });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(await readdir(folder)).toEqual([expect.stringContaining('partial')]);
    const program = await installInto(target, async (temporary) => {
      await writeFile(path.join(temporary, 'tool'), 'whole');
      return 'tool';
    });
    expect(await readFile(program, 'utf8')).toBe('whole');
  });
});

test('a failed installation leaves nothing', async () => {
  await withFolder(async (folder) => {
    const target = path.join(folder, 'tool-1');
    await expect(installInto(target, () => Promise.reject(new Error('no space')))).rejects.toThrow('no space');
    expect(await readdir(folder)).toEqual([]);
  });
});

/** The service that the SDKs download from, on loopback. Sends only the first `sent` bytes of the archive. */
function withDownloads(archive: Buffer, sent: number, work: (url: string) => Promise<void>): Promise<void> {
  return withServer(
    (request, response) => {
      if (request.url !== '/archive') {
        const archiveUrl = `http://${request.headers.host}/archive`;
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ archiveUrl, fileToExtract: 'temporal' }));
        return;
      }
      response.writeHead(200, { 'content-length': archive.length });
      response.write(archive.subarray(0, sent), () => (sent < archive.length ? response.destroy() : response.end()));
    },
    ({ address }) => work(`${address}/cli`),
  );
}

async function archiveOf(folder: string): Promise<Buffer> {
  await writeFile(path.join(folder, 'temporal'), temporalSays);
  await run('tar', ['-czf', path.join(folder, 'archive.tar.gz'), '-C', folder, 'temporal']);
  return readFile(path.join(folder, 'archive.tar.gz'));
}

test('it is downloaded into the cache when the network allows it', async () => {
  await withMachine(async (machine) => {
    const archive = await archiveOf(machine.home);
    await withDownloads(archive, archive.length, async (downloadUrl) => {
      expect(await obtainTemporal({ ...machine, downloadUrl }, noting())).toEqual({
        path: path.join(temporalCache(machine), 'temporal'),
        serverVersion: '1.29.1',
      });
    });
  });
});

test('a download that is cut off installs nothing', async () => {
  await withMachine(async (machine) => {
    const archive = await archiveOf(machine.home);
    await withDownloads(archive, 40, async (downloadUrl) => {
      await expect(obtainTemporal({ ...machine, downloadUrl }, noting())).rejects.toMatchObject({
        code: 'STACK_FAILED',
      });
    });
    expect(await readdir(path.dirname(temporalCache(machine)))).toEqual([]);
  });
});
