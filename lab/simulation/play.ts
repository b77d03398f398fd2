import fc from 'fast-check';
import type { DeliveryClass } from '../../model/sync/delivery.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import type { Vice } from '../vices/vice.ts';
import type { Arena } from './arena.ts';
import { brokenPromises, brokenWithVices } from './books.ts';
import { type Schedule, schedules } from './schedule.ts';
import { Simulation } from './simulation.ts';
import { ViciousSimulation } from './vicious-simulation.ts';

export const simulatedClasses = ['T1', 'T2', 'T3', 'T4', 'T5'] as const satisfies readonly DeliveryClass[];

/** What befell schedules: one to which nothing happened proves nothing. */
export interface Tally {
  readonly schedules: number;
  readonly faults: number;
  /** Answers to writes in doubt (T5). */
  readonly retried: number;
  readonly skipped: number;
}

export const noTally: Tally = { schedules: 0, faults: 0, retried: 0, skipped: 0 };

/** A schedule that broke a promise. */
export interface Broken {
  readonly promise: DeliveryClass;
  readonly words: readonly string[];
  readonly schedule: Schedule;
}

export interface PlayOptions {
  readonly seed: number;
  /** Of each class. */
  readonly schedules: number;
  /** Makes what broke as small as it gets. */
  readonly shrink: boolean;
  /** One of several that play the same schedules between them. */
  readonly share: { readonly index: number; readonly of: number };
  /** To draw from. */
  readonly vices: readonly Vice[];
}

/**
 * Plays the schedules of one class. The same seed draws the same ones, whoever plays which. Answers the first that broke
 * a promise, or undefined. `played` hears of each.
 */
export async function play(
  arena: Arena,
  promise: DeliveryClass,
  { seed, schedules: numRuns, shrink, share, vices }: PlayOptions,
  played: (one: Tally) => void,
): Promise<Broken | undefined> {
  let drawn = 0;
  let broken: Broken | undefined;
  const holds = async (schedule: Schedule): Promise<boolean> => {
    // Once one is broken, each that is tried is a smaller one of it.
    if (broken === undefined && drawn++ % share.of !== share.index) return true;
    const { words, tally } = await playOne(arena, schedule);
    played(tally);
    if (words.length > 0) broken = { promise, words, schedule };
    return words.length === 0;
  };
  await fc.check(fc.asyncProperty(schedules(promise, vices), holds), { seed, numRuns, endOnFailure: !shrink });
  return broken;
}

function playOne({ ledger, warehouse }: Arena, schedule: Schedule): Promise<Ended> {
  if (schedule.vices.length === 0) return ended(ledger, new Simulation(ledger, schedule), brokenPromises);
  return ended(ledger, new ViciousSimulation(ledger, warehouse, schedule), brokenWithVices);
}

interface Ended {
  readonly words: readonly string[];
  readonly tally: Tally;
}

interface Playable extends Pick<Simulation, 'answers' | 'fired'> {
  play(): Promise<void>;
}

async function ended<T extends Playable>(
  ledger: Ledger,
  simulation: T,
  broken: (ledger: Ledger, simulation: T) => Promise<string[]>,
): Promise<Ended> {
  const words = await simulation.play().then(
    () => broken(ledger, simulation),
    (error: unknown) => [error instanceof Error ? error.message : String(error)],
  );
  const { retry: retried, skip: skipped } = simulation.answers;
  return { words, tally: { schedules: 1, faults: simulation.fired, retried, skipped } };
}
