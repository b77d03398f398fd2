import { batchPolicy, destinationOptions, restClasses, sourceOptions } from '../vices/options.ts';
import { possibleAt, together, type Vice } from '../vices/vice.ts';
import { HEARTBEAT_MS } from './heartbeat.ts';
import type { Random } from './random.ts';
import type { ViciousPlan } from './vicious-systems.ts';

/** Syncs whose systems have vices, in one yard. */
const SYNCS = 6;
const MOST_VICES = 2;

/** Draws the syncs, and the vices of each, for as long as the yard stands. */
export function drawVicious(random: Random, vices: readonly Vice[]): readonly ViciousPlan[] {
  return Array.from({ length: SYNCS }, (_, index) => {
    const promise = random.pick(restClasses);
    const left = [...possibleAt(promise, vices)];
    const drawn = Array.from({ length: random.int(1, MOST_VICES) }, () =>
      left.splice(random.int(0, left.length - 1), 1),
    );
    return { name: `vicious${index + 1}`, promise, vices: [...together(drawn.flat())] };
  }).filter(({ vices: some }) => some.length > 0);
}

const mapping = `import { map } from 'syncline';
import { z } from 'zod';

const Unstamped = z.object({ id: z.string(), text: z.string() });
const Stamped = Unstamped.extend({ at: z.union([z.string(), z.number()]).optional() });
export const stamped = map(Stamped, Unstamped, (record) => ({ id: record.id, text: record.text }));
export const unstamped = map(Unstamped, Unstamped, (record) => ({ id: record.id, text: record.text }));
`;

/** The files of such syncs, by their path in the project. */
export const viciousFiles = (plans: readonly ViciousPlan[]): ReadonlyMap<string, string> =>
  new Map([
    ['mappings/vicious.ts', mapping],
    ...plans.map((plan) => [`syncs/${plan.name}.ts`, syncFile(plan)] as const),
  ]);

/** It reads by the connection `origin`, and writes by the connection `far`. */
function syncFile({ name, promise, vices }: ViciousPlan): string {
  const has = new Set(vices);
  const { batchRecords, readBack } = batchPolicy(has);
  const deletes = has.has('counted-pages') ? 'ignore' : { maxShare: 0.5, atLeast: 3 };
  const [mapping, stamps] = has.has('no-stamps')
    ? ['unstamped', '']
    : ['stamped', "version: 'at', overlap: '30 seconds',"];
  return `import { defineSync } from 'syncline';
import rest from 'syncline/connectors/rest';
import { ${mapping} } from '../mappings/vicious.ts';

export default defineSync({
  summary: 'The yard, delivery class ${promise}, with vices: ${vices.join(', ')}.',
  source: rest.source('origin', ${JSON.stringify(sourceOptions(has, `/${name}/source/records`))}),
  key: 'id',
  ${stamps}
  mapping: ${mapping},
  destination: rest.destination('far', ${JSON.stringify(destinationOptions(promise, `/${name}/destination/records`, has))}),
  deletes: ${JSON.stringify(deletes)},
  policy: {
    batchRecords: ${batchRecords}, batchesInFlight: 2, maxRejectedShare: 1, readBack: ${JSON.stringify(readBack)}, heartbeatTimeout: '${HEARTBEAT_MS} ms',
    retryFirst: '100 ms', retryMax: '1 second',
  },
});
`;
}
