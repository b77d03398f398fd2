import process from 'node:process';
import type { Machine } from '../../operations/doctor/machine.ts';
import { stateFolderOf } from '../../platform/foundation/state-folder.ts';
import { readRunningDev } from '../../stack/dev-file.ts';
import type { CliContext } from '../context.ts';
import { checkDatabaseServer, checkEmbeddedDatabase } from './database.ts';
import { checkDisk, checkNode, checkPorts } from './machine.ts';
import { checkTemporalBinary } from './temporal-binary.ts';

/** The machine on which the command runs. */
export const machineOf = ({ projectFolder, env }: CliContext): Machine => ({
  async itself() {
    const findings = [checkNode(process.versions.node), await checkDisk(projectFolder)];
    // A stack that is up has its ports.
    const isUp = (await readRunningDev(stateFolderOf(projectFolder))) !== null;
    return isUp ? findings : [...findings, await checkPorts()];
  },
  temporal: () => checkTemporalBinary(env),
  postgres: (databaseUrl) =>
    databaseUrl === null ? checkEmbeddedDatabase(projectFolder, env) : checkDatabaseServer(databaseUrl),
});
