import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { lineChart } from './svg.ts';

/**
 * Records a second against the number of records: one round of the benchmark for each size, and a chart of them.
 * node dist/bench/scale.js --sizes 10000,100000,1000000 --to docs/images
 */
const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000,1000000' },
    to: { type: 'string', default: 'docs/images' },
  },
});

const report = z.object({
  cases: z.array(
    z.object({
      name: z.string(),
      recordsPerSecond: z.number(),
      limitRecordsPerSecond: z.number(),
      peakRssMiB: z.number(),
    }),
  ),
});

const main = fileURLToPath(new URL('./main.js', import.meta.url));
const wanted = ['full-postgres', 'unchanged-full'];
const rates = new Map<string, [number, number][]>([...wanted, 'by hand'].map((name) => [name, []]));
const memory: [number, number][] = [];
for (const records of values.sizes.split(',').map(Number)) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    main,
    ...['--records', String(records), '--rounds', '1', '--json'],
    ...wanted.flatMap((name) => ['--case', name]),
  ]);
  const { cases } = report.parse(JSON.parse(stdout));
  for (const one of cases) rates.get(one.name)?.push([records, one.recordsPerSecond]);
  rates.get('by hand')?.push([records, cases[0]?.limitRecordsPerSecond ?? 0]);
  memory.push([records, Math.max(...cases.map(({ peakRssMiB }) => peakRssMiB))]);
}
await mkdir(values.to, { recursive: true });
const series = [...rates].map(([name, points]) => ({ name, points }));
const sides = { x: 'records of the run', series };
await writeFile(`${values.to}/scale-rate.svg`, lineChart({ title: 'Records a second', y: 'records/s', ...sides }));
await writeFile(
  `${values.to}/scale-memory.svg`,
  lineChart({
    ...{ title: 'Memory of the worker at its peak', x: 'records of the run', y: 'MiB' },
    series: [{ name: 'worker', points: memory }],
  }),
);
process.stdout.write(`${JSON.stringify({ rates: Object.fromEntries(rates), memory }, null, 2)}\n`);
