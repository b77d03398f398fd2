import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { patch } from '../workflows/patches.ts';

const folder = 'test/histories';
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
const page = readFileSync('docs/upgrading.md', 'utf8');
let workflowBundle: WorkflowBundle;

beforeAll(async () => {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger });
  workflowBundle = await bundleWorkflowCode({ workflowsPath: resolve('workflows/index.ts'), logger });
});

test('there are histories to replay', () => {
  expect(files.length).toBeGreaterThan(8);
});

// A failure here means that syncs which are running when this code is deployed would stop with a determinism error.
test.each(files)('invariant 10, deterministic: %s replays on the workflows of today', async (file) => {
  const history = historyFromJSON(JSON.parse(readFileSync(join(folder, file), 'utf8')));
  await Worker.runReplayHistory({ workflowBundle }, history, file);
});

test('every patch is listed with its date, and no other', () => {
  const listed = [...page.matchAll(/^\| `([\w-]+)` \| 20\d\d-\d\d-\d\d \|/gm)].map(([, name]) => name);
  expect(listed.sort()).toEqual(Object.values(patch).sort());
});
