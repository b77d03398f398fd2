import { z } from 'zod';
import { operation } from '../operation.ts';
import { finding } from './finding.ts';
import { checkLimits } from './limits.ts';
import type { MachineContext } from './machine.ts';
import { checkProjectFolder } from './project.ts';
import { checkTemporalServer } from './temporal-server.ts';

/**
 * Looks at every part that the engine needs and at the files of the project, calls each system that it names, and reads
 * the first page of each sync through its schema and mapping. Starts nothing.
 */
export const doctor = operation({
  name: 'doctor',
  effect: 'reads',
  input: z.object({}),
  document: z.object({
    /** Nothing has failed. */
    ok: z.boolean(),
    project: z.string(),
    findings: z.array(finding).readonly(),
  }),
  target: () => null,
  work: (context: MachineContext) => context.progress.step('Looking', () => examine(context)),
});

async function examine({ projectFolder, env, machine, running }: MachineContext) {
  const { temporal, databaseUrl } = await running();
  const found = await Promise.all([
    machine.itself(),
    temporal === null ? machine.temporal() : checkTemporalServer(temporal, env),
    machine.postgres(databaseUrl),
    checkProjectFolder(projectFolder, env, databaseUrl),
    databaseUrl === null ? [] : checkLimits(databaseUrl, projectFolder, env),
  ]);
  const findings = found.flat();
  return { ok: findings.every(({ state }) => state !== 'failed'), project: projectFolder, findings };
}
