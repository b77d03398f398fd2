import type { Command } from 'commander';

/** One verb of the command line. Its file is read only when it is called, so that `--help` is quick. */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** In the order of the help. */
export const verbs: readonly Verb[] = [
  {
    name: 'dev',
    summary: 'Run Temporal with its UI, PostgreSQL and the worker until Ctrl-C',
    load: async () => (await import('./dev.ts')).devCommand(),
  },
  {
    name: 'demo',
    summary: 'See a sync survive the death of its worker, in about a minute',
    load: async () => (await import('./demo.ts')).demoCommand(),
  },
  {
    name: 'check',
    summary: 'Read the project and list what it has and what is wrong with it',
    load: async () => (await import('./check.ts')).checkCommand(),
  },
  {
    name: 'docs',
    summary: 'Write a page and a runbook for each sync',
    load: async () => (await import('./docs.ts')).docsCommand(),
  },
  {
    name: 'plan',
    summary: 'Say what a run would do, on real data, without doing it',
    load: async () => (await import('./plan.ts')).planCommand(),
  },
  {
    name: 'run',
    summary: 'Start a sync; with --wait follow it to its end',
    load: async () => (await import('./run.ts')).runCommand(),
  },
  {
    name: 'status',
    summary: 'Say how the syncs are: what runs, what waits and why, what failed',
    load: async () => (await import('./status.ts')).statusCommand(),
  },
  {
    name: 'schedule',
    summary: 'Let syncs run by themselves: apply, list, trigger, pause, resume, backfill',
    load: async () => (await import('./schedule.ts')).scheduleCommand(),
  },
  {
    name: 'positions',
    summary: 'Say how far a sync has read, after which run',
    load: async () => (await import('./positions.ts')).positionsCommand(),
  },
  {
    name: 'reconcile',
    summary: 'Compare everything that was delivered with the destination, and repair it',
    load: async () => (await import('./reconcile.ts')).reconcileCommand(),
  },
  {
    name: 'recover',
    summary: 'Tell a sync that its ledger was restored from an older copy',
    load: async () => (await import('./recover.ts')).recoverCommand(),
  },
  {
    name: 'retry',
    summary: 'Try again what failed: a run, some records, all that waits for one connection',
    load: async () => (await import('./retry.ts')).retryCommand(),
  },
  {
    name: 'skip',
    summary: 'Count the write in doubt as done on which a run waits',
    load: async () => (await import('./steer.ts')).steerCommand('skip'),
  },
  {
    name: 'pause',
    summary: 'Hold a sync: its open run after the batch under way, and every run that begins later',
    load: async () => (await import('./steer.ts')).steerCommand('pause'),
  },
  {
    name: 'resume',
    summary: 'Let a paused sync go on',
    load: async () => (await import('./steer.ts')).steerCommand('resume'),
  },
  {
    name: 'cancel',
    summary: 'End an open run; the cursor stays where it was',
    load: async () => (await import('./steer.ts')).steerCommand('cancel'),
  },
  {
    name: 'explain',
    summary: 'Tell the life of one record: delivered when and how, or why not',
    load: async () => (await import('./explain.ts')).explainCommand(),
  },
  {
    name: 'quarantine',
    summary: 'Work on the records that were set aside: list, show, replay, drop',
    load: async () => (await import('./quarantine.ts')).quarantineCommand(),
  },
  {
    name: 'calls',
    summary: 'Look at the requests that were made: list, show, curl',
    load: async () => (await import('./calls.ts')).callsCommand(),
  },
  {
    name: 'secrets',
    summary: "Keep secrets in the project's encrypted vault: set, list, rotate, remove",
    load: async () => (await import('./secrets.ts')).secretsCommand(),
  },
  {
    name: 'connections',
    summary: 'See where each connection stands, and end a wait: list, release',
    load: async () => (await import('./connections.ts')).connectionsCommand(),
  },
  {
    name: 'doctor',
    summary: 'Say what works, what does not, and what to do',
    load: async () => (await import('./doctor.ts')).doctorCommand(),
  },
];
