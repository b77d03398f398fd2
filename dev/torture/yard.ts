import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { registerSearchAttributes } from '../../platform/temporal.ts';
import { type Guard, startGuard } from '../stack/guard.ts';
import { breaches } from './checker.ts';
import { type Systems, startSystems } from './control.ts';
import { connect, gather } from './evidence.ts';
import { warehouseTables, writeProject, type YardClass } from './project.ts';
import { type Random, randomOf } from './random.ts';
import { type Ending, nothingAsked, Runs } from './runs.ts';
import { type Servers, startServers } from './servers.ts';
import { Workers } from './workers.ts';

export interface RoundReport {
  readonly round: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly moved: number;
  /** How the runs under fault ended. */
  readonly ends: Readonly<Record<string, number>>;
  /** From the moment when everything was whole again until every run had ended. */
  readonly recoveryMs: number;
  readonly breaches: readonly string[];
}

const QUEUE = 'torture';
const STUCK_AFTER_MS = 90_000;
const LEAST_FAULTS = 3;
const LEAST_MOVED = 50;

/** The breaking yard: everything real, everything broken, and a checker that trusts nobody. */
export class Yard {
  readonly #random: Random;
  readonly #guard: Guard;
  readonly #servers: Servers;
  readonly #systems: Systems;
  readonly #workers: Workers;
  readonly #connection: Connection;
  readonly #runs: ReadonlyMap<YardClass, Runs>;
  #before: Readonly<Record<string, number>> = {};
  #journalled = 0;

  private constructor(parts: {
    random: Random;
    guard: Guard;
    servers: Servers;
    systems: Systems;
    workers: Workers;
    connection: Connection;
    classes: readonly YardClass[];
  }) {
    this.#random = parts.random;
    this.#guard = parts.guard;
    this.#servers = parts.servers;
    this.#systems = parts.systems;
    this.#workers = parts.workers;
    this.#connection = parts.connection;
    const client = new Client({ connection: parts.connection });
    this.#runs = new Map(parts.classes.map((name) => [name, new Runs(client, QUEUE, name, parts.random.fork())]));
  }

  static async open(
    folder: string,
    seed: number,
    classes: readonly YardClass[],
    env: NodeJS.ProcessEnv,
  ): Promise<Yard> {
    const random = randomOf(seed);
    const guard = startGuard();
    await chmod(folder, 0o755);
    const servers = await startServers(folder, env, guard);
    const systems = await startSystems(random.int(1, 1_000_000), guard);
    const project = path.join(folder, 'project');
    await mkdir(project);
    await writeProject(project, systems.port, servers.databaseUrl);
    await createWarehouse(servers.databaseUrl);
    const connection = await Connection.connect({ address: servers.temporalAddress });
    await registerSearchAttributes({
      client: new Client({ connection }),
      connection,
      namespace: 'default',
      close: async () => {},
    });
    const workerEnv = {
      ...env,
      TEMPORAL_ADDRESS: servers.temporalAddress,
      DATABASE_URL: servers.databaseUrl,
      SYNCLINE_TASK_QUEUE: QUEUE,
      YARD_PASSWORD: new URL(servers.databaseUrl).password,
    };
    const workers = new Workers(workerEnv, project, random.fork(), guard);
    return new Yard({ random, guard, servers, systems, workers, connection, classes });
  }

  async round(round: number): Promise<RoundReport> {
    await this.#systems.change(this.#random.int(80, 160), this.#random.int(10, 80));
    await this.#systems.trouble(this.#random.pick([0.1, 0.2, 0.4]));
    this.#workers.arm();
    let untilMs = Number.POSITIVE_INFINITY;
    const endings = [...this.#runs].map(([, runs]) => runs.toEnd(this.#ending(), () => untilMs));
    const broken = this.#break(round);
    await broken;
    await this.#systems.trouble(0);
    this.#workers.heal();
    const healedMs = performance.now();
    untilMs = healedMs + STUCK_AFTER_MS;
    const ends = await Promise.all(endings);
    const recoveryMs = Math.round(performance.now() - healedMs);
    const found = ends.flatMap((end, index) =>
      end === 'stuck' ? [`${[...this.#runs.keys()][index]}: a run is stuck`] : [],
    );
    found.push(...(await this.#check(false)));
    found.push(...(await this.#lastRuns()), ...(await this.#check(true)));
    const faults = await this.#faults();
    const moved = await this.#moved();
    const fired = Object.values(faults).reduce((sum, count) => sum + count, 0);
    if (fired < LEAST_FAULTS || moved < LEAST_MOVED) found.push(`vacuous: ${fired} faults, ${moved} records moved`);
    return { round, faults, moved, ends: countOf(ends), recoveryMs, breaches: [...new Set(found)] };
  }

  async close(): Promise<void> {
    await this.#workers.stop();
    this.#systems.stop();
    await nothingAsked();
    await this.#connection.close();
    await this.#servers.stop();
    await this.#guard.close();
  }

  #ending(): Ending {
    return this.#random.pick(['none', 'none', 'none', 'none', 'cancel', 'cancel', 'terminate']);
  }

  /** Some seconds of faults at random moments. */
  async #break(round: number): Promise<void> {
    const untilMs = performance.now() + this.#random.int(6000, 11_000);
    const pending: Promise<void>[] = [];
    // The heavy ones by turns, so that each is seen within a few rounds.
    if (round % 3 === 1)
      pending.push(this.#noted('Temporal killed', () => this.#servers.restartTemporal(this.#random.int(0, 1500))));
    if (round % 3 === 2)
      pending.push(this.#noted('PostgreSQL killed', () => this.#servers.restartPostgres(this.#random.int(0, 1500))));
    while (performance.now() < untilMs) {
      await sleep(this.#random.int(500, 3000));
      const what = this.#random.pick(['kill', 'kill', 'term', 'freeze', 'cut ledger', 'cut Temporal']);
      if (what === 'cut ledger') pending.push(this.#noted(what, async () => void this.#servers.proxies.postgres.cut()));
      else if (what === 'cut Temporal')
        pending.push(this.#noted(what, async () => void this.#servers.proxies.temporal.cut()));
      else pending.push(this.#workers.hit(what));
    }
    await Promise.all(pending);
  }

  async #noted(what: string, work: () => Promise<void>): Promise<void> {
    await sleep(this.#random.int(200, 2500));
    this.#workers.note(what);
    await work();
  }

  /** With nothing broken, a run of each sync has to end well. */
  async #lastRuns(): Promise<string[]> {
    const untilMs = performance.now() + STUCK_AFTER_MS;
    const ends = await Promise.all(
      [...this.#runs].map(async ([name, runs]) => [name, await runs.toEnd('none', () => untilMs)] as const),
    );
    return ends.flatMap(([name, end]) =>
      end === 'COMPLETED' ? [] : [`${name}: with nothing broken, the run ended as ${end}`],
    );
  }

  async #check(final: boolean): Promise<string[]> {
    const found: string[] = [];
    for (const [name, { answers }] of this.#runs)
      found.push(...breaches(await gather(name, this.#systems, this.#servers.databaseUrl, { answers, final })));
    return found;
  }

  /** Faults since the last round. */
  async #faults(): Promise<Record<string, number>> {
    const now: Record<string, number> = { ...this.#workers.fired, ...(await this.#systems.fired()) };
    const before = this.#before;
    this.#before = now;
    return Object.fromEntries(
      Object.entries(now)
        .map(([what, count]) => [what, count - (before[what] ?? 0)] as const)
        .filter(([, count]) => count > 0),
    );
  }

  async #moved(): Promise<number> {
    let effects = 0;
    for (const [name, { answers }] of this.#runs)
      effects += (await gather(name, this.#systems, this.#servers.databaseUrl, { answers, final: true })).journal
        .length;
    const moved = effects - this.#journalled;
    this.#journalled = effects;
    return moved;
  }
}

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
