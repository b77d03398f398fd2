import { existsSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Connector, DefinedConnector } from '../model/connector/connector.ts';
import type { Problem } from '../model/text/problem.ts';
import { engineModules, enginePackage } from './engine-folder.ts';
import type { ProjectModules } from './modules.ts';

/** What a connector's file exports by default, its schemas unknown. */
export type AnyConnector = DefinedConnector<unknown, unknown, unknown, unknown, unknown>;

export interface EngineConnector {
  readonly name: string;
  readonly connector: Connector;
  /** As `import … from 'syncline/connectors/NAME'` sees it. */
  readonly module: Readonly<Record<string, unknown>>;
}

/** Every folder in the engine's connectors/ whose index is a connector is one: adding it registers it. */
export async function engineConnectors(): Promise<readonly EngineConnector[]> {
  const folder = join(engineModules, 'connectors');
  const found: EngineConnector[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const file = ['index.ts', 'index.js'].map((index) => join(folder, name, index)).find(existsSync);
    if (file === undefined) continue;
    const module: Record<string, unknown> = await import(pathToFileURL(file).href);
    if (isConnector(module['default'])) found.push({ name, connector: module['default'].connector, module });
  }
  return found;
}

/** The project's own connectors, added to `known`; the engine's folder itself is not read twice. */
export async function projectConnectors(
  folder: string,
  files: readonly string[],
  modules: ProjectModules,
  known: ReadonlyMap<string, Connector>,
): Promise<{ readonly connectors: ReadonlyMap<string, Connector>; readonly problems: readonly Problem[] }> {
  const connectors = new Map(known);
  const problems: Problem[] = [];
  if ((await realpath(folder)) === (await realpath(enginePackage))) return { connectors, problems };
  for (const file of files) {
    const loaded = await modules.load(file);
    if ('problem' in loaded) problems.push(loaded.problem);
    else {
      const fault = ownConnectorFault(file, loaded.exports['default'], connectors);
      if (fault) problems.push(fault);
      else if (isConnector(loaded.exports['default']))
        connectors.set(kindOf(file), loaded.exports['default'].connector);
    }
  }
  return { connectors, problems };
}

function ownConnectorFault(
  file: string,
  exported: unknown,
  known: ReadonlyMap<string, Connector>,
): Problem | undefined {
  const refuse = (code: Problem['code'], message: string, next: string): Problem => ({
    severity: 'error',
    code,
    file,
    message,
    next,
  });
  if (!isConnector(exported))
    return refuse(
      'CONNECTOR_INVALID',
      'its default export is not a connector.',
      'Write `export default defineConnector({ … })`; put helpers into a folder below connectors/.',
    );
  const kind = kindOf(file);
  if (exported.connector.kind !== kind)
    return refuse(
      'CONNECTOR_INVALID',
      `its kind is \`${exported.connector.kind}\`; expected the name of its file, \`${kind}\`.`,
      'Give both one name.',
    );
  if (known.has(kind))
    return refuse('NAME_TAKEN', `the engine has a connector \`${kind}\` already.`, 'Choose another name.');
  return undefined;
}

const kindOf = (file: string): string => file.replace(/^.*\//, '').replace(/\.[a-z]+$/, '');

function isConnector(value: unknown): value is AnyConnector {
  const connector = property(value, 'connector');
  return (
    typeof property(connector, 'kind') === 'string' &&
    isSchema(property(connector, 'settings')) &&
    [property(connector, 'source'), property(connector, 'destination')].every(
      (side) => isSchema(property(side, 'options')) && typeof property(side, 'open') === 'function',
    ) &&
    typeof property(connector, 'check') === 'function'
  );
}

export const isSchema = (value: unknown): boolean => typeof property(value, '_zod') === 'object';

export const property = (value: unknown, key: string): unknown =>
  (typeof value === 'object' || typeof value === 'function') && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined;
