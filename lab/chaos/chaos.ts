import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { type Guard, startGuard } from '../../stack/guard.ts';
import type { Vice } from '../vices/vice.ts';
import { boundsBroken, MOST_DRAWS, stuckAfterMs, vacuous } from './bounds.ts';
import type { ChaosClass } from './chaos-class.ts';
import { breaches, type Excused, excusedBy } from './checker.ts';
import { startSystems } from './control.ts';
import { connect, type Judgement, Witness } from './evidence.ts';
import { warehouseTables, writeProject } from './project.ts';
import { type Random, randomOf } from './random.ts';
import type { RoundReport } from './report.ts';
import { play } from './round.ts';
import { nothingAsked, type RunEnd, Runs } from './runs.ts';
import { planRound, type RoundPlan } from './schedule.ts';
import { type Servers, startServers } from './servers.ts';
import { Tally } from './tally.ts';
import type { Targets } from './targets.ts';
import { drawVicious, viciousFiles } from './vicious-project.ts';
import { ViciousSyncs } from './vicious-syncs.ts';
import { Workers } from './workers.ts';

const QUEUE = 'torture';
/** Of a round, until everything is whole again. */
const LONGEST_ROUND_MS = 60_000;
/** Of all runs after the last round. */
const FINISH_MS = 120_000;

export interface ChaosOptions {
  readonly seed: number;
  readonly classes: readonly ChaosClass[];
  /** Holds nothing to a time, as on a machine that others keep busy. */
  readonly patient: boolean;
  /** Of the systems of some more syncs, to draw from. */
  readonly vice: readonly Vice[];
}

interface Parts extends Targets {
  readonly random: Random;
  readonly guard: Guard;
  readonly connection: Connection;
  readonly witness: Witness;
  readonly runs: ReadonlyMap<ChaosClass, Runs>;
  readonly vicious: ViciousSyncs;
}

type Ends = ReadonlyMap<ChaosClass, RunEnd>;

/** The breaking yard: everything real, everything broken, and a checker that trusts nobody. */
export class Chaos {
  readonly #parts: Parts;
  readonly #tally: Tally;
  readonly #patient: boolean;
  readonly #excused = new Map<ChaosClass, Excused>();
  #effectsBefore = 0;
  /** Records that the source held after the last round. */
  #live = 0;

  private constructor(parts: Parts, patient: boolean) {
    this.#parts = parts;
    this.#patient = patient;
    this.#tally = new Tally(parts, [...parts.runs.values()]);
  }

  static async open(
    folder: string,
    { seed, classes, patient, vice }: ChaosOptions,
    env: NodeJS.ProcessEnv,
  ): Promise<Chaos> {
    const random = randomOf(seed);
    const guard = startGuard();
    await chmod(folder, 0o755);
    const systemsSeed = random.int(1, 1_000_000);
    // A stream of its own: what else is drawn does not depend on it.
    const viciousRandom = randomOf(seed);
    const plans = drawVicious(viciousRandom, vice);
    const systems = await startSystems(systemsSeed, plans, guard);
    const servers = await startServers(folder, env, guard, systems.port);
    const project = path.join(folder, 'project');
    await mkdir(project);
    const at = {
      source: servers.links.source.port,
      destination: servers.links.destination.port,
      warehouse: servers.links.warehouse.port,
      databaseUrl: servers.databaseUrl,
    };
    await writeProject(project, at, viciousFiles(plans));
    await createWarehouse(servers.own.databaseUrl);
    const workers = new Workers(workerEnv(env, servers), project, random.fork(), guard);
    const connection = await Connection.connect({ address: servers.own.temporalAddress });
    const client = new Client({ connection });
    const runs = new Map(classes.map((name) => [name, new Runs(client, QUEUE, name, random.fork())]));
    const { databaseUrl } = servers.own;
    const witness = new Witness(systems, databaseUrl);
    // A write that is sent again is the same row; one that is skipped would be the person's untruth, not the engine's.
    const syncs = new Map(
      plans.map((plan) => [plan, new Runs(client, QUEUE, plan.name, viciousRandom.fork(), ['retry'])]),
    );
    const vicious = new ViciousSyncs({ systems, databaseUrl, random: viciousRandom, syncs });
    return new Chaos({ random, guard, servers, systems, workers, connection, witness, runs, vicious }, patient);
  }

  /** A round that proved too little is drawn anew: a lucky draw is no breach, a yard that never breaks anything is one. */
  async round(round: number): Promise<RoundReport> {
    for (let draw = 1; ; draw++) {
      const report = await this.#draw(round, draw);
      const little = vacuous(report.kind, report.faults, report.moved);
      if (little.length === 0 || report.breaches.length > 0) return report;
      if (draw === MOST_DRAWS) return { ...report, breaches: little };
    }
  }

  async #draw(round: number, draw: number): Promise<RoundReport> {
    const { random, runs, vicious } = this.#parts;
    const fromMs = performance.now();
    const plan = planRound(round, random.fork(), [...runs.keys()], this.#live);
    for (const one of runs.values()) one.answers = { retry: 0, skip: 0 };
    const lying = vicious.round(() => fromMs + LONGEST_ROUND_MS + stuckAfterMs(this.#patient));
    const { ends, ...measured } = await play(this.#parts, runs, plan, this.#tally, this.#patient);
    const found = [...stuck(ends), ...boundsBroken(plan.kind, measured, this.#patient), ...(await lying)];
    found.push(...(await this.#judge((name) => proves(plan, ends.get(name)))));
    // Behind a run that is stuck the next one finds its sync locked: there is nothing more to learn.
    if (stuck(ends).length === 0) found.push(...(await this.#lastRuns(plan, ends)));
    const faults = await this.#tally.faults();
    const moved = this.#moved();
    const lastedMs = Math.round(performance.now() - fromMs);
    const endings = countOf([...ends.values()].map(({ end }) => end));
    return {
      round,
      draw,
      kind: plan.kind,
      lastedMs,
      faults,
      moved,
      endings,
      ...measured,
      breaches: [...new Set(found)],
    };
  }

  /** The vices of the systems end. Answers what is not whole again after that. */
  async finish(): Promise<string[]> {
    const { workers, vicious } = this.#parts;
    await workers.ready();
    const untilMs = performance.now() + FINISH_MS + stuckAfterMs(this.#patient);
    return vicious.finish(() => untilMs);
  }

  async close(): Promise<void> {
    const { workers, systems, connection, servers, guard } = this.#parts;
    await workers.stop();
    systems.stop();
    await nothingAsked();
    await connection.close();
    await servers.stop();
    await guard.close();
  }

  /** With nothing broken, a run of each sync that has something left to prove has to end well. */
  async #lastRuns(plan: RoundPlan, ends: Ends): Promise<string[]> {
    const { runs, random } = this.#parts;
    const untilMs = performance.now() + stuckAfterMs(this.#patient);
    const left = [...runs].filter(([name]) => plan.runs.has(name) && !proves(plan, ends.get(name)).final);
    if (left.length === 0) return [];
    const last = left.map(async ([name, one]) => {
      const run = { full: random.chance(0.3), ending: 'none', endAtMs: 0 } as const;
      return [name, await one.toEnd(run, false, () => untilMs)] as const;
    });
    const all = new Map([...ends, ...(await Promise.all(last))]);
    const found = await this.#judge((name) => ({
      final: plan.runs.has(name),
      emptied: all.get(name)?.emptied === true,
    }));
    return [
      ...notWell(
        all,
        left.map(([name]) => name),
      ),
      ...found,
    ];
  }

  async #judge(how: (name: ChaosClass) => Pick<Judgement, 'final' | 'emptied'>): Promise<string[]> {
    const { runs, witness } = this.#parts;
    const about = new Map<ChaosClass, Judgement>();
    for (const [name, { answers }] of runs)
      about.set(name, { answers, excused: this.#excused.get(name) ?? nothing, ...how(name) });
    const evidence = await witness.gather(about);
    this.#live = evidence[0]?.truth.length ?? 0;
    const found = evidence.flatMap(breaches);
    for (const one of evidence) if (one.final) this.#excused.set(one.promise, excusedBy(one));
    return found;
  }

  #moved(): number {
    const { effects } = this.#parts.witness;
    const moved = effects - this.#effectsBefore;
    this.#effectsBefore = effects;
    return moved;
  }
}

const nothing: Excused = { lost: new Set(), doubled: 0, retried: 0 };

/** What a run proves that ended well: nothing is missing any more, unless the source changed, or lied, under it. */
function proves({ faults, forgets }: RoundPlan, ended: RunEnd | undefined): Pick<Judgement, 'final' | 'emptied'> {
  const undisturbed = !forgets && faults.every(({ what }) => what !== 'change the source');
  const final = ended?.end === 'COMPLETED' && undisturbed;
  return { final, emptied: final && ended.emptied };
}

const stuck = (ends: Ends): string[] =>
  [...ends].flatMap(([name, { end }]) => (end === 'stuck' ? [`${name}: a run is stuck`] : []));

const notWell = (ends: Ends, names: readonly ChaosClass[]): string[] =>
  names.flatMap((name) => {
    const end = ends.get(name)?.end ?? 'stuck';
    return end === 'COMPLETED' ? [] : [`${name}: with nothing broken, the run ended as ${end}`];
  });

const workerEnv = (env: NodeJS.ProcessEnv, { links, databaseUrl }: Servers): NodeJS.ProcessEnv => ({
  ...env,
  TEMPORAL_ADDRESS: `127.0.0.1:${links.temporal.port}`,
  DATABASE_URL: databaseUrl,
  SYNCLINE_TASK_QUEUE: QUEUE,
  YARD_PASSWORD: new URL(databaseUrl).password,
});

async function createWarehouse(databaseUrl: string): Promise<void> {
  const server = await connect(databaseUrl, null);
  await server.query('create database yard');
  await server.end();
  const warehouse = await connect(databaseUrl, 'yard');
  await warehouse.query(warehouseTables);
  await warehouse.end();
}

function countOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
