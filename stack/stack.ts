import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncFailure } from '../model/failure/failure.ts';
import { NAMESPACE } from '../model/names.ts';
import { ensureEngineKey } from '../platform/crypto/engine-keys.ts';
import { type HeldLock, type LockOwner, type TakenLock, takeLock } from '../platform/foundation/file-lock.ts';
import type { Progress } from '../platform/foundation/progress.ts';
import { createStateFolder } from '../platform/foundation/state-folder.ts';
import type { StackAddresses } from './addresses.ts';
import { withoutPassword } from './database-problem.ts';
import { readRunningDev } from './dev-file.ts';
import { type EmbeddedStack, startEmbedded } from './embedded.ts';
import { checkDatabase, checkTemporal } from './external.ts';
import type { Guard } from './guard.ts';

export interface Stack extends StackAddresses {
  /** Whether `stop` ends a service that was started here. */
  readonly owned: boolean;
  stop(): Promise<void>;
}

export interface StackOptions {
  readonly projectFolder: string;
  readonly progress: Progress;
  /** TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_UI_URL and DATABASE_URL are read here. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Temporal and PostgreSQL for a command. Each of the two by itself: TEMPORAL_ADDRESS or DATABASE_URL when set, else a
 * running `dev` of this project, else an embedded one that lives as long as the caller.
 *
 * Throws STACK_FAILED, STACK_IN_USE, TEMPORAL_UNAVAILABLE or LEDGER_UNAVAILABLE.
 */
export async function openStack(options: StackOptions): Promise<Stack> {
  const external = externalOf(options.env);
  await checkExternal(external, options.progress);
  if (external.temporal !== null && external.database !== null) return borrowed(external.temporal, external.database);
  const stateFolder = await createStateFolder(options.projectFolder);
  await ensureEngineKey(options.env, options.projectFolder);
  const taken = await devOrLock(stateFolder, options.progress);
  if ('dev' in taken) return borrowed(external.temporal ?? taken.dev, external.database ?? taken.dev.databaseUrl);
  return owned(external, await startUnderLock(options, stateFolder, external, taken.lock));
}

/** What `dev` needs besides: it starts a worker under the same guard, and watches the servers. */
export interface DevStack extends Stack {
  readonly stateFolder: string;
  readonly guard: Guard;
  /** Null while the embedded servers run; else which ended, and how. */
  ended(): string | null;
}

/**
 * The stack of a `dev`, which other commands will share. Throws STACK_IN_USE when one runs already, and what
 * `openStack` throws.
 */
export async function openDevStack(options: StackOptions): Promise<DevStack> {
  const external = externalOf(options.env);
  const stateFolder = await createStateFolder(options.projectFolder);
  await ensureEngineKey(options.env, options.projectFolder);
  const taken = await takeStackLock(stateFolder, 'dev');
  if (!('held' in taken)) throw await inUse(stateFolder, taken.owner);
  const lock = taken.held;
  try {
    await checkExternal(external, options.progress);
  } catch (error) {
    await lock.release();
    throw error;
  }
  const embedded = await startUnderLock(options, stateFolder, external, lock);
  const { guard, ended } = embedded.stack;
  return { ...owned(external, embedded), stateFolder, guard, ended };
}

interface TemporalPlace {
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly uiUrl: string | null;
}

interface External {
  readonly temporal: TemporalPlace | null;
  readonly database: string | null;
}

function externalOf(env: NodeJS.ProcessEnv): External {
  const address = env['TEMPORAL_ADDRESS'];
  return {
    temporal: address
      ? {
          temporalAddress: address,
          namespace: env['TEMPORAL_NAMESPACE'] || NAMESPACE,
          uiUrl: env['TEMPORAL_UI_URL'] || null,
        }
      : null,
    database: env['DATABASE_URL'] || null,
  };
}

/** What was named must answer: a command that cannot do its work says so before it begins. */
async function checkExternal({ temporal, database }: External, progress: Progress): Promise<void> {
  if (temporal !== null) {
    await progress.step(`Connecting to Temporal at ${temporal.temporalAddress}`, () =>
      checkTemporal(temporal.temporalAddress, temporal.namespace),
    );
  }
  if (database !== null) await progress.step('Connecting to PostgreSQL', () => checkDatabase(database));
}

/** Two engines on one data folder would destroy it: who holds this lock owns the embedded services of a project. */
const takeStackLock = (stateFolder: string, purpose: string): Promise<TakenLock> =>
  takeLock(path.join(stateFolder, 'stack.lock'), { purpose });

const borrowed = ({ temporalAddress, namespace, uiUrl }: TemporalPlace, databaseUrl: string): Stack => ({
  temporalAddress,
  namespace,
  uiUrl,
  databaseUrl,
  owned: false,
  stop: async () => {},
});

interface Embedded {
  readonly stack: EmbeddedStack;
  readonly lock: HeldLock;
}

async function startUnderLock(
  options: StackOptions,
  stateFolder: string,
  external: External,
  lock: HeldLock,
): Promise<Embedded> {
  try {
    const needs = { temporal: external.temporal === null, database: external.database === null };
    return { stack: await startEmbedded({ ...options, stateFolder, ...needs }), lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function owned(external: External, { stack, lock }: Embedded): Stack {
  const temporal = external.temporal ?? {
    temporalAddress: required(stack.temporal?.address),
    namespace: NAMESPACE,
    uiUrl: stack.temporal?.uiUrl ?? null,
  };
  let stopping: Promise<void> | undefined;
  return {
    ...temporal,
    databaseUrl: external.database ?? required(stack.postgres?.url),
    owned: stack.temporal !== null || stack.postgres !== null,
    stop() {
      stopping ??= stack.stop().finally(() => lock.release());
      return stopping;
    },
  };
}

function required(value: string | undefined): string {
  if (value === undefined) throw new SyncFailure('INTERNAL', 'a service of the stack was neither named nor started');
  return value;
}

/** A `dev` that is starting gets this long until others may use it. */
const devStartLimitMs = 5 * 60_000;

/** The running `dev`, or the lock to start the services ourselves. A `dev` that is just starting is waited for. */
async function devOrLock(
  stateFolder: string,
  progress: Progress,
): Promise<{ readonly dev: TemporalPlace & { readonly databaseUrl: string } } | { readonly lock: HeldLock }> {
  return progress.step('Waiting for `syncline dev` to be ready', async () => {
    const until = performance.now() + devStartLimitMs;
    for (;;) {
      const dev = await readRunningDev(stateFolder);
      if (dev !== null) return { dev };
      const taken = await takeStackLock(stateFolder, 'a command');
      if ('held' in taken) return { lock: taken.held };
      if (taken.owner?.purpose !== 'dev' || performance.now() > until) throw await inUse(stateFolder, taken.owner);
      await sleep(200);
    }
  });
}

async function inUse(stateFolder: string, owner: LockOwner | null): Promise<SyncFailure> {
  const dev = await readRunningDev(stateFolder);
  const isDev = owner?.purpose === 'dev';
  const process = owner === null ? '' : ` (process ${owner.pid}, since ${owner.since})`;
  const who = `${isDev ? '`syncline dev`' : 'another command'}${process}`;
  const where =
    dev === null
      ? isDev
        ? ' and is still starting them'
        : ''
      : `: Temporal ${dev.temporalAddress}, UI ${dev.uiUrl ?? 'none'}, ${withoutPassword(dev.databaseUrl)}`;
  return new SyncFailure('STACK_IN_USE', `${who} runs the services of this project${where}`);
}
