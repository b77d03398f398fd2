import type { Mapping } from '../model/mapping/mapping.ts';
import type { MappingProblem } from '../model/mapping/mapping-problem.ts';
import { pathSteps } from '../model/mapping/path.ts';
import { mappingProblems } from '../model/mapping/problems.ts';
import type { Problem } from '../model/text/problem.ts';
import { findDeclaration, findKey } from './code-place.ts';
import type { ProjectModules } from './modules.ts';
import { isMapping } from './sync-shape.ts';

/** A mapping and where it is written. */
export interface FoundMapping {
  readonly mapping: Mapping;
  readonly file: string;
  /** The name it is exported by; absent when it is not exported from a file of mappings/. */
  readonly name?: string;
  readonly text: string;
}

export interface LoadedMappings {
  /** By version, which says the same of a mapping in whichever way it was loaded. */
  readonly found: ReadonlyMap<string, FoundMapping>;
  readonly problems: readonly Problem[];
}

/** Mappings are loaded by themselves too, so that one that no sync uses yet is checked. */
export async function loadMappings(files: readonly string[], modules: ProjectModules): Promise<LoadedMappings> {
  const found = new Map<string, FoundMapping>();
  const problems: Problem[] = [];
  for (const file of files) {
    const loaded = await modules.load(file);
    if ('problem' in loaded) problems.push(loaded.problem);
    else
      for (const [name, mapping] of Object.entries(loaded.exports))
        if (isMapping(mapping)) found.set(mapping.version, { mapping, file, name, text: loaded.text });
  }
  return { found, problems };
}

/** What is wrong with a mapping; `alsoUsed` are the fields that a sync needs beside it. */
export function checkMapping(found: FoundMapping, alsoUsed: readonly string[]): readonly Problem[] {
  return mappingProblems(found.mapping, { alsoUsed }).map((problem) => locate(problem, found));
}

/** Of a mapping that no sync uses: which source fields a sync will need as key is not known yet. */
export function checkUnusedMapping(found: FoundMapping): readonly Problem[] {
  return checkMapping(found, []).filter(({ code }) => code !== 'SOURCE_UNUSED');
}

function locate({ code, field, message }: MappingProblem, { file, name, text }: FoundMapping): Problem {
  const aboutSource = code.startsWith('SOURCE') || code.startsWith('UNUSED');
  const steps = aboutSource ? [] : pathSteps(field).filter((step) => step !== '*');
  const place = findKey(text, steps, name) ?? (name === undefined ? undefined : findDeclaration(text, name));
  const subject = name === undefined ? '' : `${name}: `;
  return { severity: 'error', code, file, ...place, message: `${subject}${message}.`.replace(/([.?!])\.$/, '$1') };
}
