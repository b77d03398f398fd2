import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { createProgress } from '../../platform/foundation/progress.ts';
import { measureRuns, type Rate } from './scale-runs.ts';
import { type Chart, lineChart } from './svg.ts';

/**
 * Records a second against the number of records, the number of workers (source and destination answer after 50 ms),
 * the size of a record, and the number of syncs at once; a chart of each.
 */
const { values } = parseArgs({
  options: {
    series: { type: 'string', default: 'records,workers,size,syncs' },
    sizes: { type: 'string', default: '10000,100000,1000000' },
    records: { type: 'string', default: '100000' },
    to: { type: 'string', default: 'docs/images' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(`node dist-lab/lab/bench/scale.js [OPTIONS]
  --series NAMES   of records, workers, size, syncs; with commas (all)
  --sizes NUMBERS  records of a run, for the series by records (10000,100000,1000000);
                   200000,5000000 shows whether memory stays the same
  --records N      of each sync in the other series (100000)
  --to FOLDER      where the charts go (docs/images)
`);
  process.exit(0);
}

const records = Number(values.records);
const progress = createProgress(process.stderr);
const measured: Record<string, readonly (Rate & { readonly x: number })[]> = {};

/** One measurement for each value of x. */
async function along(
  name: string,
  xs: readonly number[],
  measure: (x: number) => Promise<Rate>,
): Promise<readonly (Rate & { readonly x: number })[]> {
  const points: (Rate & { readonly x: number })[] = [];
  for (const x of xs)
    points.push({ x, ...(await progress.step(`${name}: ${x.toLocaleString('en')}`, () => measure(x))) });
  measured[name] = points;
  return points;
}

async function chart(file: string, drawn: Omit<Chart, 'series'>, series: Chart['series']): Promise<void> {
  await mkdir(values.to, { recursive: true });
  await writeFile(`${values.to}/${file}.svg`, lineChart({ ...drawn, series }));
}

const rates = (points: readonly (Rate & { readonly x: number })[]) =>
  points.map(({ x, perSecond }) => [x, perSecond] as const);

const draw: Readonly<Record<string, () => Promise<void>>> = {
  async records() {
    const points = await along('records', values.sizes.split(',').map(Number), (x) =>
      measureRuns({ records: x, to: 'postgres' }, progress),
    );
    const x = 'records of the run';
    await chart('scale-records', { title: 'Records a second', x, y: 'records/s' }, [
      { name: 'to a table', points: rates(points) },
    ]);
    const memory = points.map((point) => [point.x, point.peakMiB] as const);
    await chart('scale-memory', { title: 'Memory of the worker at its peak', x, y: 'MiB' }, [
      { name: 'worker', points: memory },
    ]);
  },
  async workers() {
    const points = await along('workers', [1, 2, 4], (workers) =>
      measureRuns({ records: records / 4, to: 'http', workers, syncs: 4, latencyMs: 50 }, progress),
    );
    const title = `Records a second: four syncs, systems that answer after 50 ms, ${availableParallelism()} cores`;
    await chart('scale-workers', { title, x: 'workers', y: 'records/s' }, [
      { name: 'over HTTP', points: rates(points) },
    ]);
  },
  async size() {
    const points = await along('size', [100, 1_000, 10_000, 100_000], (textBytes) =>
      // No more than about 100 MB: what is measured does not change any more.
      measureRuns({ records: Math.min(records, Math.floor(1e8 / textBytes)), to: 'texts', textBytes }, progress),
    );
    const x = 'bytes of a record';
    await chart('scale-size', { title: 'Records a second', x, y: 'records/s' }, [
      { name: 'to a table', points: rates(points) },
    ]);
    const megabytes = points.map((point) => [point.x, (point.perSecond * point.x) / 1e6] as const);
    await chart('scale-size-bytes', { title: 'Megabytes a second', x, y: 'MB/s' }, [
      { name: 'to a table', points: megabytes },
    ]);
  },
  async syncs() {
    const points = await along('syncs', [1, 2, 4, 8], (syncs) =>
      measureRuns({ records: records / 2, to: 'postgres', syncs }, progress),
    );
    await chart('scale-syncs', { title: 'Records a second, all syncs together', x: 'syncs at once', y: 'records/s' }, [
      { name: 'to tables', points: rates(points) },
    ]);
  },
};

for (const name of values.series.split(',')) {
  const series = draw[name];
  if (series === undefined) throw new Error(`no series \`${name}\`; there are ${Object.keys(draw).join(', ')}`);
  await series();
}
process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`);
