import { join, resolve } from 'node:path';

/** Where everything that the engine itself writes into a project lies. */
export const stateFolderOf = (projectFolder: string): string => join(resolve(projectFolder), '.syncline');
