import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { type ConnectionOf, type ConnectorTools, defineConnector } from '../../index.ts';
import { filesDestination } from './destination.ts';
import { withFile } from './failures.ts';
import { type FilesFolder, folderBelow } from './folder.ts';
import { type FilesSettings, filesDestinationOptions, filesSettings, filesSourceOptions } from './options.ts';
import { filesSource } from './source.ts';

/** CSV and JSON Lines files in a folder: read in pages that can be resumed, written so that readers see all or nothing. */
export const files = defineConnector({
  kind: 'files',
  summary: 'CSV and JSON Lines files in a folder, written atomically.',
  settings: filesSettings,
  source: {
    options: filesSourceOptions,
    open: (connection, options, tools) => filesSource(folderOf(connection, tools), options),
  },
  destination: {
    options: filesDestinationOptions,
    open: (connection, options, tools) => filesDestination(folderOf(connection, tools), options, tools),
  },
  async check(connection, tools, signal) {
    signal.throwIfAborted();
    const folder = await folderBelow(folderOf(connection, tools), '.');
    const entries = await withFile(connection.settings.folder, () => readdir(folder));
    return `${connection.name}: folder ${connection.settings.folder}, ${entries.length} entries`;
  },
});

export default files;

const folderOf = ({ settings }: ConnectionOf<FilesSettings>, tools: ConnectorTools): FilesFolder => ({
  ...settings,
  path: path.resolve(tools.projectFolder, settings.folder),
});
