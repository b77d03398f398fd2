import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { removeProject } from '../../stack/remove-project.ts';
import { startProgram } from './programs.ts';
import { syncName, writeProject } from './project.ts';

const run = promisify(execFile);

export interface FirstStart {
  /** From the command in a folder where nothing has ever run, to the first record at the destination. */
  readonly firstRecordS: number;
  /** The same once more, with Temporal's and PostgreSQL's data there. */
  readonly secondStartS: number;
  /** Until the first command had ended, its servers too. */
  readonly endS: number;
}

const stats = z.object({ firstItemMs: z.number() });

/** `syncline run` on the embedded stack, in a project of its own, to the HTTP destination. */
export async function measureFirstStart(records: number): Promise<FirstStart> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-'));
  const closers: (() => Promise<unknown>)[] = [() => removeProject(folder)];
  const keep = (child: { stop(): Promise<void> }) => closers.push(() => child.stop());
  try {
    const source = await startProgram('source', ['--orders', String(records)], folder, keep);
    const bulk = await startProgram('bulk', [], folder, keep);
    await writeProject(
      folder,
      { source: source.url, bulk: bulk.url, databaseUrl: 'postgresql://none@localhost/none', journal: true },
      2,
    );
    const once = async (round: number) => {
      await fetch(`${bulk.url}/reset`, { method: 'POST' });
      const beganMs = Date.now();
      const cli = fileURLToPath(new URL('../../../bin/syncline.js', import.meta.url));
      const env = { ...process.env, BENCH_TOKEN: 'bench', WAREHOUSE_PASSWORD: 'none' };
      // 4: some records were set aside, as they should be.
      await run(process.execPath, [cli, '--project', folder, 'run', syncName('http', round), '--wait', '--json'], {
        env,
      }).catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 4)) throw error;
      });
      const { firstItemMs } = stats.parse(await (await fetch(`${bulk.url}/stats`)).json());
      return { firstS: (firstItemMs - beganMs) / 1000, endS: (Date.now() - beganMs) / 1000 };
    };
    const first = await once(1);
    return { firstRecordS: first.firstS, endS: first.endS, secondStartS: (await once(2)).firstS };
  } finally {
    for (const closer of closers.reverse()) await closer();
  }
}
