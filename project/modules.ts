import { join } from 'node:path';
import { createJiti, type Jiti } from 'jiti';
import * as zod from 'zod';
import type { Problem } from '../model/text/problem.ts';
import { type CodeFault, explainCodeError } from './code-error.ts';
import { readProjectFile } from './text-file.ts';

export interface LoadedCode {
  readonly exports: Readonly<Record<string, unknown>>;
  /** Of the file, to find places in it. */
  readonly text: string;
}

/** What a file of the project exports, or why it cannot be loaded. */
export type LoadedModule = LoadedCode | { readonly problem: Problem };

/**
 * Loads TypeScript files of one project. They share this process's instances of the engine and of zod, wherever the
 * folder lies, so that a schema or a mapping of theirs is one of ours. What throws becomes a problem.
 */
export interface ProjectModules {
  load(file: string): Promise<LoadedModule>;
}

export function createProjectModules(folder: string, engine: Readonly<Record<string, unknown>>): ProjectModules {
  const virtualModules: Record<string, unknown> = { ...engine, zod };
  const jiti = createJiti(join(folder, 'syncline.js'), { fsCache: false, interopDefault: false, virtualModules });
  forget(jiti, folder);
  return {
    load: async (file) => {
      const read = await readProjectFile(folder, file);
      if ('problem' in read) return read;
      try {
        return { exports: await jiti.import<Record<string, unknown>>(join(folder, file)), text: read.text };
      } catch (error) {
        forgetBroken(jiti, folder);
        const fault: CodeFault = await explainCodeError(error, { folder, file, text: read.text, virtualModules });
        return { problem: { severity: 'error', ...fault } };
      }
    },
  };
}

/** The cache of modules is Node's own and outlives a load: without this a changed file would keep its old content. */
function forget(jiti: Jiti, folder: string): void {
  for (const path of Object.keys(jiti.cache)) if (isOwn(path, folder)) delete jiti.cache[path];
}

/** A module that threw stays in the cache half-made, and its next importer would see exports that are undefined. */
function forgetBroken(jiti: Jiti, folder: string): void {
  for (const [path, module] of Object.entries(jiti.cache))
    if (isOwn(path, folder) && !module?.loaded) delete jiti.cache[path];
}

const isOwn = (path: string, folder: string): boolean =>
  path.startsWith(join(folder, '/')) && !path.includes('/node_modules/') && !/\/dist\//.test(path.slice(folder.length));
