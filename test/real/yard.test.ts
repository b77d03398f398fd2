import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { whyNoGo } from '../../stack/go-programs.ts';
import { builtLab } from '../support/built.ts';
import { describeUnless } from '../support/skip.ts';

const program = builtLab('lab/chaos/main.js');
const report = z.object({
  breaches: z.array(z.string()),
  rounds: z.array(z.object({ moved: z.number(), faults: z.record(z.string(), z.number()) })),
});

// Its guard ends what it has started, however it ends.
let yard: ChildProcessByStdio<null, Readable, Readable> | undefined;
afterEach(() => void yard?.kill('SIGKILL'));

/** A long form: `npm run torture -- --seed 1 --rounds 200`. */
describeUnless(await whyNoGo(), 'the breaking yard', () => {
  test('for three rounds: workers, Temporal, links and both systems break, and every promise holds', async () => {
    yard = spawn(process.execPath, [program, '--seed', '5', '--rounds', '3', '--patient', '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    yard.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
    });
    yard.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      err += chunk;
    });
    const [code] = await once(yard, 'close');
    if (code !== 0) throw new Error(`the yard found something:\n${err}`);
    const { breaches: found, rounds } = report.parse(JSON.parse(out));
    expect(found).toEqual([]);
    expect(rounds).toHaveLength(3);
    for (const { moved } of rounds) expect(moved).toBeGreaterThanOrEqual(50);
  }, 300_000);
});
