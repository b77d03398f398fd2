import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** Larger ones say nothing more, and would swell the repository. */
const MAX_BYTES = 200_000;

/**
 * Keeps the histories of an engine's runs when RECORD_HISTORIES names a folder: `<release>-<sync>.json` (or
 * RECORD_AS instead of the release), the last run of each sync. Record from released code only: a history made by the code
 * under test replays on it by definition.
 */
export async function recordHistories(client: Client, started: ReadonlyMap<string, string>): Promise<void> {
  const folder = process.env['RECORD_HISTORIES'];
  if (!folder) return;
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const made = process.env['RECORD_AS'] ?? version;
  await mkdir(folder, { recursive: true });
  for (const [workflowId, sync] of started) {
    const history = historyToJSON(await client.workflow.getHandle(workflowId).fetchHistory());
    // Stack traces name the folder of whoever records.
    const json = history.replaceAll(`${process.cwd()}/`, '/syncline/');
    if (json.length <= MAX_BYTES) await writeFile(join(folder, `${made}-${sync}.json`), json);
  }
}
