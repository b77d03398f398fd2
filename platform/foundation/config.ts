import { z } from 'zod';
import { NAMESPACE, TASK_QUEUE } from '../../model/names.ts';

/** What a worker or a command reads from its environment; everything else is in the project's files. */
const environment = z.object({
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().min(1).default(NAMESPACE),
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'expected postgresql://user:password@host:port/database'),
  SYNCLINE_TASK_QUEUE: z.string().min(1).default(TASK_QUEUE),
  SYNCLINE_PROJECT: z.string().default('.'),
  SYNCLINE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** How long a worker that is told to stop may finish what it has begun. */
  SYNCLINE_GRACE_SECONDS: z.coerce.number().int().min(0).max(3600).default(20),
  /** Steps that one worker works on at once. */
  SYNCLINE_CONCURRENT_STEPS: z.coerce.number().int().min(1).max(1000).default(50),
  /** Of these at work at one connection; by default a fifth, so that a system that hangs holds up nobody else. */
  SYNCLINE_STEPS_PER_CONNECTION: z.coerce.number().int().min(1).max(1000).optional(),
  /** MiB for the batches of all runs of a worker together; beyond, a run begins its next batch when one is delivered. */
  SYNCLINE_BATCH_MEMORY_MB: z.coerce.number().int().min(1).max(65_536).default(96),
  /** `host:port` for the probes /livez and /readyz; none without. */
  SYNCLINE_HEALTH_ADDRESS: z
    .string()
    .regex(/^\S+:\d+$/, 'expected host:port, such as 127.0.0.1:8081')
    .optional(),
  /** What this worker is built from: with it, a run ends on the build on which it began. */
  SYNCLINE_BUILD_ID: z
    .string()
    .regex(/^[\w.-]+$/, 'expected letters, digits, dots and dashes')
    .optional(),
  /** The name under which builds follow each other. */
  SYNCLINE_DEPLOYMENT: z
    .string()
    .regex(/^[\w-]+$/)
    .default(TASK_QUEUE),
});

export interface Settings {
  readonly temporalAddress: string;
  readonly namespace: string;
  /** With password: never printed. */
  readonly databaseUrl: string;
  readonly taskQueue: string;
  readonly projectFolder: string;
  readonly logLevel: string;
  readonly graceSeconds: number;
  readonly concurrentSteps: number;
  readonly stepsPerConnection: number;
  readonly batchMemoryBytes: number;
  /** `host:port`; null for none. */
  readonly healthAddress: string | null;
  /** Null for a worker without versions: it takes every run. */
  readonly build: { readonly id: string; readonly deployment: string } | null;
}

/** The environment as settings. Throws with every variable that is missing or wrong, never with its value. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`settings are missing or wrong:\n  ${lines.join('\n  ')}`);
  }
  const { data } = parsed;
  return {
    temporalAddress: data.TEMPORAL_ADDRESS,
    namespace: data.TEMPORAL_NAMESPACE,
    databaseUrl: data.DATABASE_URL,
    taskQueue: data.SYNCLINE_TASK_QUEUE,
    projectFolder: data.SYNCLINE_PROJECT,
    logLevel: data.SYNCLINE_LOG_LEVEL,
    graceSeconds: data.SYNCLINE_GRACE_SECONDS,
    concurrentSteps: data.SYNCLINE_CONCURRENT_STEPS,
    stepsPerConnection: data.SYNCLINE_STEPS_PER_CONNECTION ?? Math.ceil(data.SYNCLINE_CONCURRENT_STEPS / 5),
    batchMemoryBytes: data.SYNCLINE_BATCH_MEMORY_MB * 1024 * 1024,
    healthAddress: data.SYNCLINE_HEALTH_ADDRESS ?? null,
    build:
      data.SYNCLINE_BUILD_ID === undefined
        ? null
        : { id: data.SYNCLINE_BUILD_ID, deployment: data.SYNCLINE_DEPLOYMENT },
  };
}

/** The task queue that workers of this environment poll and commands start runs on. */
export const taskQueueOf = (env: NodeJS.ProcessEnv): string => env['SYNCLINE_TASK_QUEUE'] || TASK_QUEUE;
