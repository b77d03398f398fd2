import { readdir } from 'node:fs/promises';
import { redactSecrets } from '../model/connection/secret-text.ts';
import { didYouMean } from '../model/text/near-name.ts';
import type { Problem } from '../model/text/problem.ts';
import type { Environment } from '../platform/foundation/environment.ts';
import { readProjectFile } from './text-file.ts';
import { mergeTrees, type Tree, type TreeMap } from './tree.ts';
import { substituteVariables } from './variables.ts';
import { parseYaml } from './yaml.ts';

export const inventoryFile = 'connections.yaml';

/** The version of the format that this engine reads. */
const formatVersion = 1;

export interface Inventory {
  /** The systems by name; absent when the file has errors that leave nothing to look at. */
  readonly tree?: TreeMap;
  readonly problems: readonly Problem[];
}

/** connections.yaml with the overlay of the environment (`SYNCLINE_ENV`) laid over it and its variables put in. */
export async function readInventory(folder: string, env: Environment): Promise<Inventory> {
  const base = await readLayer(folder, inventoryFile);
  const overlay = await readOverlay(folder, env);
  const problems = [...base.problems, ...overlay.problems];
  if (!base.tree || base.problems.length > 0) {
    const isEmpty = problems.length === 0;
    return { problems: isEmpty ? [emptyProblem] : problems };
  }
  const merged = overlay.tree ? mergeTrees(base.tree, overlay.tree) : base.tree;
  const tree = substituteVariables(merged, env, problems);
  if (tree.type !== 'map') return { problems };
  return { tree: withoutVersion(tree, problems), problems };
}

const emptyProblem: Problem = {
  severity: 'warning',
  code: 'SYNCS_MISSING',
  file: inventoryFile,
  message: 'the file names no systems.',
  next: 'Add one: its name, below it `kind:` and what the connector of this kind asks for (docs/project.md).',
};

async function readLayer(
  folder: string,
  file: string,
): Promise<{ readonly tree?: Tree; readonly problems: Problem[] }> {
  const read = await readProjectFile(folder, file);
  if ('problem' in read) return { problems: [read.problem] };
  const { tree, problems } = parseYaml(file, read.text);
  if (tree && tree.type !== 'map') {
    const message = 'expected the names of systems, each with its keys below it.';
    return { problems: [{ severity: 'error', code: 'VALUE_INVALID', ...tree.place, message }] };
  }
  return { ...(tree && { tree }), problems: [...problems] };
}

const environmentName = /^[a-z0-9][a-z0-9_-]{0,31}$/i;

async function readOverlay(
  folder: string,
  env: Environment,
): Promise<{ readonly tree?: Tree; readonly problems: Problem[] }> {
  const name = env['SYNCLINE_ENV'];
  if (!name) return { problems: [] };
  if (!environmentName.test(name)) {
    const shown = redactSecrets(name).slice(0, 40);
    const message = `SYNCLINE_ENV is \`${shown}\`; allowed are 1 to 32 letters, digits, \`-\` and \`_\`.`;
    return { problems: [{ severity: 'error', code: 'ENV_NAME', file: inventoryFile, message }] };
  }
  const file = `connections.${name}.yaml`;
  const overlays = (await readdir(folder)).filter((entry) => /^connections\..+\.yaml$/.test(entry));
  if (overlays.includes(file)) return readLayer(folder, file);
  const names = overlays.map((overlay) => overlay.slice('connections.'.length, -'.yaml'.length));
  const message = `SYNCLINE_ENV is \`${name}\` and there is no such file: ${inventoryFile} holds alone.${didYouMean(name, names)}`;
  return { problems: [{ severity: 'warning', code: 'OVERLAY_MISSING', file, message }] };
}

/** `version:` at the top is the version of the format, not a system. */
function withoutVersion(tree: TreeMap, problems: Problem[]): TreeMap {
  const version = tree.entries.get('version');
  if (version?.value.type !== 'scalar') return tree;
  if (version.value.value !== formatVersion) {
    const found = version.value.source.slice(0, 20);
    const message = `the format version is ${redactSecrets(found)}; this engine reads version ${formatVersion}.`;
    const next = 'Upgrade the engine: `npm install syncline@latest`.';
    problems.push({ severity: 'error', code: 'FORMAT_VERSION', ...version.place, message, next });
  }
  const entries = new Map(tree.entries);
  entries.delete('version');
  return { ...tree, entries };
}
