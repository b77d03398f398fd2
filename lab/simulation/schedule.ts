import fc from 'fast-check';
import type { DeliveryClass } from '../../model/sync/delivery.ts';
import { possibleAt, together, type Vice } from '../vices/vice.ts';
import type { Fate } from './destination.ts';

/**
 * Which call of the steps meets which fault: a statement to the ledger, the begin of a transaction, a request to the
 * destination. A call is counted when it begins. `crash` ends the attempt there: nothing of it runs afterwards. `freeze`
 * lets it sleep while a later attempt takes over, and wakes it so many calls later.
 */
export interface Fault {
  readonly at: number;
  readonly what: 'crash before' | 'crash after' | 'freeze';
  /** Calls of others until a frozen attempt wakes. */
  readonly calls: number;
}

export interface SimulatedRun {
  /** Records that change before the run, or come to be, by number. */
  readonly changes: readonly number[];
  /** Records that are deleted from the source before the run. */
  readonly removals: readonly number[];
  /** `breaks`: the first read ends in the middle. `forgets`: the source says that it has none. */
  readonly read: 'whole' | 'breaks' | 'forgets';
  /** The run is cancelled before its n-th attempt to write; null: it goes on to its end. */
  readonly cancelAt: number | null;
  readonly full: boolean;
}

export interface Schedule {
  readonly promise: DeliveryClass;
  readonly faults: readonly Fault[];
  readonly fates: readonly Fate[];
  readonly runs: readonly SimulatedRun[];
  /** What is wrong with the systems; none: they are sound. */
  readonly vices: readonly Vice[];
  /** Of the two runs after the vices have ended, which reads everything. */
  readonly peace: 'full first' | 'full last';
}

const fates: readonly Fate[] = [
  'done',
  'done',
  'refused',
  'lost before',
  'lost after',
  'lost half way',
  'item refused',
];

/** More calls than most schedules make: a fault beyond them happens to nobody. */
const MOST_CALLS = 100;

const fault: fc.Arbitrary<Fault> = fc.record({
  at: fc.integer({ min: 1, max: MOST_CALLS }),
  what: fc.constantFrom('crash before', 'crash after', 'freeze'),
  // Some wake when another run has gone on without them.
  calls: fc.oneof(fc.integer({ min: 1, max: 25 }), fc.integer({ min: 30, max: 200 })),
});

const run: fc.Arbitrary<SimulatedRun> = fc.record({
  changes: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 6 }),
  removals: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 3 }),
  read: fc.constantFrom('whole', 'whole', 'breaks', 'forgets'),
  cancelAt: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 3 }),
  full: fc.boolean(),
});

/** Half of the schedules are of sound systems, the others have one to three vices. */
function vicesOf(promise: DeliveryClass, choice: readonly Vice[]): fc.Arbitrary<readonly Vice[]> {
  const drawn = possibleAt(promise, choice);
  const sound = fc.constant([]);
  if (drawn.length === 0) return sound;
  const some = fc.subarray([...drawn], { minLength: 1, maxLength: Math.min(3, drawn.length) }).map(together);
  return fc.oneof(sound, some);
}

/** Any schedule of a delivery class; fast-check makes one that breaks a promise as small as it gets. */
export const schedules = (promise: DeliveryClass, choice: readonly Vice[]): fc.Arbitrary<Schedule> =>
  fc.record({
    promise: fc.constant(promise),
    faults: fc.array(fault, { maxLength: 6 }),
    fates: fc.array(fc.constantFrom(...fates), { maxLength: 10 }),
    runs: fc.array(run, { minLength: 1, maxLength: 3 }),
    vices: vicesOf(promise, choice),
    peace: fc.constantFrom('full first', 'full last'),
  });
