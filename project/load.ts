import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as engineApi from '../index.ts';
import { redactSecrets } from '../model/connection/secret-text.ts';
import type { Connector } from '../model/connector/connector.ts';
import { SyncFailure } from '../model/failure/failure.ts';
import type { LoadedSync, Project } from '../model/sync/project.ts';
import { formatProblem, hasErrors, type Problem } from '../model/text/problem.ts';
import type { Environment } from '../platform/foundation/environment.ts';
import { type ReadConnections, readConnections } from './connections.ts';
import { engineConnectors, projectConnectors } from './connectors.ts';
import { inventoryFile, readInventory } from './inventory.ts';
import { checkUnusedMapping, type LoadedMappings, loadMappings } from './mappings.ts';
import { createProjectModules, type ProjectModules } from './modules.ts';
import { sharedDestinations } from './shared-destinations.ts';
import { checkSync, type SyncContext } from './syncs.ts';
import { whyUnreadable } from './text-file.ts';

/** The project has errors; `problems` holds all of them, warnings too. */
export class ProjectInvalid extends SyncFailure {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const errors = problems.filter((problem) => problem.severity === 'error');
    const first = errors[0] === undefined ? 'the project cannot be read' : formatProblem(errors[0]);
    super('PROJECT_INVALID', errors.length > 1 ? `${first} (and ${errors.length - 1} more)` : first, {
      effect: 'none',
    });
    this.problems = problems;
  }
}

export interface CheckedProject {
  /** What could be read: connections and syncs without errors. Absent when there is no project at all. */
  readonly project?: Project;
  readonly problems: readonly Problem[];
}

/** Reads and checks the project of a folder. Throws ProjectInvalid, with every problem, when there is an error. */
export async function loadProject(folder: string, env: Environment): Promise<Project> {
  const { project, problems } = await checkProject(folder, env);
  if (!project || hasErrors(problems)) throw new ProjectInvalid(problems);
  return project;
}

/** One load at a time: they share Node's module cache, out of which each takes the project's old files. */
let lastLoad: Promise<unknown> = Promise.resolve();

/** Reads and checks the project of a folder: all errors and warnings at once. Never throws for mistakes of its author. */
export function checkProject(folder: string, env: Environment): Promise<CheckedProject> {
  const load = lastLoad.then(() => readProject(resolve(folder), env));
  lastLoad = load.catch(() => {});
  return load;
}

async function readProject(asGiven: string, env: Environment): Promise<CheckedProject> {
  const missing = await whyNoProject(asGiven);
  if (missing) return { problems: [missing] };
  const folder = await realpath(asGiven);
  const engine = await engineConnectors();
  const modules = createProjectModules(folder, virtualModules(engine));
  const known = new Map<string, Connector>(engine.map(({ connector }) => [connector.kind, connector]));
  const own = await projectConnectors(folder, await codeFiles(folder, 'connectors'), modules, known);
  const inventory = await readInventory(folder, env);
  const systems = inventory.tree
    ? await readConnections(inventory.tree, own.connectors, { env, projectFolder: folder })
    : noConnections;
  const mappings = await loadMappings(await codeFiles(folder, 'mappings'), modules);
  const context = { ...systems, connectors: own.connectors, mappings: mappings.found };
  const syncs = await loadSyncs(await codeFiles(folder, 'syncs'), modules, context);
  const problems = [
    ...inventory.problems,
    ...systems.problems,
    ...own.problems,
    ...mappings.problems,
    ...syncs.problems,
    ...(syncs.all ? unusedConnections(systems, syncs.uses) : []),
    ...unusedMappings(mappings, syncs.mappings),
    ...sharedDestinations(syncs.loaded.values()),
  ];
  const project = { folder, connections: systems.connections, connectors: own.connectors, syncs: syncs.loaded };
  return { project, problems: inOrder(problems) };
}

const noConnections: ReadConnections = {
  connections: new Map(),
  names: new Set(),
  places: new Map(),
  problems: [],
};

function virtualModules(engine: Awaited<ReturnType<typeof engineConnectors>>): Readonly<Record<string, unknown>> {
  const connectors = engine.map(({ name, module }) => [`syncline/connectors/${name}`, module]);
  return { syncline: engineApi, ...Object.fromEntries(connectors) };
}

interface LoadedSyncs {
  readonly loaded: ReadonlyMap<string, LoadedSync>;
  /** Whether every file is a sound sync: only then can it be said what no sync uses. */
  readonly all: boolean;
  /** Names of connections. */
  readonly uses: ReadonlySet<string>;
  /** Versions of mappings. */
  readonly mappings: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

async function loadSyncs(
  files: readonly string[],
  modules: ProjectModules,
  context: SyncContext,
): Promise<LoadedSyncs> {
  const loaded = new Map<string, LoadedSync>();
  const uses = new Set<string>();
  const mappings = new Set<string>();
  const problems: Problem[] = [];
  for (const file of files) {
    const module = await modules.load(file);
    if ('problem' in module) {
      problems.push(module.problem);
      continue;
    }
    const checked = checkSync(file, module, context);
    for (const name of checked.uses) uses.add(name);
    if (checked.mapping !== undefined) mappings.add(checked.mapping);
    problems.push(...checked.problems);
    if (checked.loaded) loaded.set(checked.loaded.name, checked.loaded);
  }
  if (files.length === 0) problems.push(noSyncs);
  return { loaded, all: loaded.size === files.length, uses, mappings, problems };
}

const noSyncs: Problem = {
  severity: 'warning',
  code: 'SYNCS_MISSING',
  file: 'syncs',
  message: 'no syncs are defined.',
  next: 'Add one as `syncs/NAME.ts`, with `export default defineSync({ … })` (docs/project.md).',
};

function unusedConnections({ connections, places }: ReadConnections, uses: ReadonlySet<string>): readonly Problem[] {
  return [...connections.keys()]
    .filter((name) => !uses.has(name))
    .map((name) => ({
      severity: 'warning',
      code: 'CONNECTION_UNUSED',
      file: inventoryFile,
      ...places.get(name),
      message: `no sync uses \`${name}\`.`,
    }));
}

function unusedMappings({ found }: LoadedMappings, used: ReadonlySet<string>): readonly Problem[] {
  return [...found].flatMap(([version, mapping]) => (used.has(version) ? [] : checkUnusedMapping(mapping)));
}

/** TypeScript and JavaScript files right below a folder of the project; folders in it hold helpers. */
async function codeFiles(folder: string, below: string): Promise<readonly string[]> {
  const names = await readdir(join(folder, below)).catch((): string[] => []);
  return names
    .filter((name) => /\.[cm]?[jt]s$/.test(name) && !/\.d\.[cm]?ts$/.test(name) && !name.startsWith('.'))
    .sort()
    .map((name) => `${below}/${name}`);
}

async function whyNoProject(folder: string): Promise<Problem | undefined> {
  const absent = (message: string): Problem => ({
    severity: 'error',
    code: 'PROJECT_MISSING',
    file: inventoryFile,
    message,
    next: `A project is a folder with ${inventoryFile}, mappings/ and syncs/; name it with \`--project DIR\`.`,
  });
  try {
    if (!(await stat(folder)).isDirectory()) return absent(`${folder} is a file; expected a folder.`);
  } catch (error) {
    return absent(`the folder ${folder}: ${whyUnreadable(error)}.`);
  }
  const names = await readdir(folder);
  if (names.includes(inventoryFile)) return undefined;
  const twin = names.find((name) => /^connections?\.(?:ya?ml|json|ts)$/i.test(name));
  return absent(`${join(folder, inventoryFile)} does not exist.${twin === undefined ? '' : ` Is it \`${twin}\`?`}`);
}

/** By file and line, redacted: a name may be a secret that was pasted in the wrong place. A mapping that throws is met once by itself and once by each sync that imports it. */
function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems
    .map((problem) => ({ ...problem, message: redactSecrets(problem.message) }))
    .filter((problem) => {
      const id = formatProblem(problem);
      return !seen.has(id) && seen.add(id);
    })
    .sort(
      (a, b) =>
        (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
        (a.line ?? 0) - (b.line ?? 0) ||
        (a.column ?? 0) - (b.column ?? 0),
    );
}
