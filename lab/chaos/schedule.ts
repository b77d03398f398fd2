import type { ChaosClass } from './chaos-class.ts';
import { places, type Stage, stages } from './places.ts';
import type { Random } from './random.ts';
import type { Toxic } from './toxiproxy.ts';

/** What workers talk to: each link can be spoiled by itself. */
const linkNames = ['temporal', 'ledger', 'warehouse', 'source', 'destination'] as const;
export type LinkName = (typeof linkNames)[number];

/** Something that happens at a moment of a round. Times in milliseconds since its beginning. */
export type Fault = { readonly atMs: number } & (
  | { readonly what: 'kill' | 'term'; readonly both: boolean }
  /** SIGSTOP for longer than the heartbeat time-out, so that another takes over, and SIGCONT. */
  | { readonly what: 'freeze'; readonly both: boolean; readonly forMs: number }
  | { readonly what: 'cut'; readonly link: LinkName }
  | {
      readonly what: 'spoil';
      readonly link: LinkName;
      readonly stream: 'upstream' | 'downstream';
      readonly toxic: Toxic;
    }
  | { readonly what: 'heal links' }
  | { readonly what: 'kill Temporal' | 'kill PostgreSQL'; readonly downMs: number }
  /** Workers, Temporal and PostgreSQL at one moment, as when the power fails. */
  | { readonly what: 'kill everything'; readonly downMs: number }
  /** The source goes on changing while it is read. */
  | { readonly what: 'change the source' }
);

/** What is done to a run besides: it is cancelled, or its workflow is wiped out as if Temporal had lost it. */
export type Ending = 'none' | 'cancel' | 'terminate';

export interface RunPlan {
  readonly full: boolean;
  readonly ending: Ending;
  readonly endAtMs: number;
}

/**
 * `storm`: everything that follows below, at random. `Temporal`, `PostgreSQL` and `everything` add one heavy fault;
 * `plain kill` is nothing but `kill -9`, so that what it costs can be measured.
 */
export type Kind = 'storm' | 'Temporal' | 'PostgreSQL' | 'plain kill' | 'everything';

/** By turns, so that each is seen within a few rounds. */
const turns: readonly Kind[] = [
  'storm',
  'plain kill',
  'Temporal',
  'storm',
  'PostgreSQL',
  'plain kill',
  'storm',
  'everything',
];

/** All that is drawn for a round. */
export interface RoundPlan {
  readonly kind: Kind;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** The share of calls to source and destinations that go wrong. */
  readonly trouble: number;
  /** A full read of the source ends after a page or two, as if the rest had never been. */
  readonly forgets: boolean;
  /** For each worker: NAME:PROBABILITY:ACTION. */
  readonly failpoints: readonly string[];
  /** The syncs that run, some of all: the others find more to do in a later round. */
  readonly runs: ReadonlyMap<ChaosClass, RunPlan>;
  readonly faults: readonly Fault[];
  /** How long the faults last. */
  readonly lengthMs: number;
}

export const WORKERS = 2;

/** Syncs that run in one round, at the most. */
const SYNCS = 3;

/**
 * What happens in a round. Pure but for its draws: the same seed gives the same rounds. `classes`: to draw from; `live`:
 * records that the source holds.
 */
export function planRound(round: number, random: Random, classes: readonly ChaosClass[], live: number): RoundPlan {
  const kind = turns[(round - 1) % turns.length] ?? 'storm';
  const plain = kind === 'plain kill';
  const lengthMs = random.int(2200, 3400);
  return {
    kind,
    added: random.int(30, 70),
    changed: random.int(10, 60),
    // Keeps the source about as large as it is.
    removed: Math.min(Math.floor(live * 0.15), live < 150 ? 0 : random.int(0, Math.ceil((live - 150) / 2))),
    trouble: plain ? 0 : random.pick([0.15, 0.25, 0.4]),
    forgets: !plain && random.chance(0.15),
    failpoints: Array.from({ length: WORKERS }, () => failpoints(random, plain)),
    runs: new Map(drawn(random, classes).map((name) => [name, planRun(random, plain)])),
    faults: [...(plain ? plainKills(random) : storm(random, lengthMs)), ...heavy(kind, random, lengthMs)].sort(
      (a, b) => a.atMs - b.atMs,
    ),
    lengthMs,
  };
}

function drawn(random: Random, classes: readonly ChaosClass[]): readonly ChaosClass[] {
  const left = [...classes];
  return Array.from({ length: Math.min(SYNCS, classes.length) }, () =>
    left.splice(random.int(0, left.length - 1), 1),
  ).flat();
}

const planRun = (random: Random, plain: boolean): RunPlan => ({
  full: random.chance(0.5),
  ending: plain ? 'none' : random.pick(['none', 'none', 'none', 'none', 'cancel', 'terminate']),
  endAtMs: random.int(300, 2500),
});

/** A level of its own: most workers have a place armed, and at it a draw decides. */
function failpoints(random: Random, plain: boolean): string {
  if (random.chance(0.5)) return '';
  const stage: Stage = random.pick(stages);
  const action = plain ? 'kill' : random.pick(['kill', 'kill', 'stop', 'term']);
  return `${random.pick(places[stage])}:${random.pick(['0.1', '0.3', '1'])}:${action}`;
}

const plainKills = (random: Random): Fault[] => [
  { what: 'kill', both: random.chance(0.3), atMs: random.int(250, 1500) },
];

function storm(random: Random, lengthMs: number): Fault[] {
  const faults: Fault[] = [];
  if (random.chance(0.4)) faults.push({ what: 'change the source', atMs: random.int(100, lengthMs) });
  // Each restart of a worker costs the machine a second: the links bear most of the storm.
  const process = random.pick(['kill', 'kill', 'term', 'freeze', 'freeze', 'none']);
  const both = random.chance(0.2);
  const atMs = random.int(250, lengthMs / 2);
  if (process === 'freeze')
    faults.push({ what: 'freeze', both, atMs: random.int(200, 800), forMs: random.int(2300, 2900) });
  else if (process !== 'none') faults.push({ what: process, both, atMs });
  for (let at = random.int(100, 500); at < lengthMs - 200; at += random.int(200, 800)) {
    const link = random.pick(linkNames);
    if (random.chance(0.4)) faults.push({ what: 'cut', link, atMs: at });
    else faults.push(...spoiled(random, link, at));
  }
  return faults;
}

/** For less than half a second: a link that is down for long would only keep the rest from happening. */
const spoiled = (random: Random, link: LinkName, atMs: number): Fault[] => [
  { what: 'spoil', link, stream: random.pick(['upstream', 'downstream']), toxic: toxic(random), atMs },
  { what: 'heal links', atMs: atMs + random.int(100, 500) },
];

function toxic(random: Random): Toxic {
  switch (random.pick(['latency', 'limit_data', 'limit_data', 'slicer', 'timeout', 'reset_peer'])) {
    case 'latency':
      return { type: 'latency', attributes: { latency: random.int(20, 200), jitter: random.int(0, 50) } };
    case 'limit_data':
      return { type: 'limit_data', attributes: { bytes: random.int(1, 6000) } };
    case 'slicer':
      return {
        type: 'slicer',
        attributes: { average_size: random.int(16, 400), size_variation: 8, delay: random.int(0, 2000) },
      };
    case 'timeout':
      return { type: 'timeout', attributes: { timeout: random.int(50, 800) } };
    case 'reset_peer':
      return { type: 'reset_peer', attributes: { timeout: random.int(0, 300) } };
  }
}

function heavy(kind: Kind, random: Random, lengthMs: number): Fault[] {
  const atMs = random.int(200, lengthMs / 2);
  const downMs = random.int(0, 600);
  switch (kind) {
    case 'Temporal':
      return [{ what: 'kill Temporal', atMs, downMs }];
    case 'PostgreSQL':
      return [{ what: 'kill PostgreSQL', atMs, downMs }];
    case 'everything':
      return [{ what: 'kill everything', atMs, downMs }];
    default:
      return [];
  }
}
