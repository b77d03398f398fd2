import { z } from 'zod';
import { NAMESPACE, TASK_QUEUE } from '../model/names.ts';

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
  };
}

/** The task queue that workers of this environment poll and commands start runs on. */
export const taskQueueOf = (env: NodeJS.ProcessEnv): string => env['SYNCLINE_TASK_QUEUE'] || TASK_QUEUE;
