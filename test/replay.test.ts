import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';

const folder = 'test/histories';
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
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
