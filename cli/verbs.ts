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
    name: 'check',
    summary: 'Read the project and list what it has and what is wrong with it',
    load: async () => (await import('./check.ts')).checkCommand(),
  },
];
