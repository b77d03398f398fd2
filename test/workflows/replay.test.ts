import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { patch } from '../../workflows/patches.ts';
import { testWorkflowCode } from '../support/workflow-code.ts';

const folder = 'test/histories';
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
const page = readFileSync('docs/upgrading.md', 'utf8');
/** What came of each history; all are replayed by one worker, as to start one takes longer than to replay. */
const replayed = new Map<string, Error | undefined>();

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const histories = files.map((file) => ({
    workflowId: file,
    history: historyFromJSON(JSON.parse(readFileSync(join(folder, file), 'utf8'))),
  }));
  for await (const { workflowId, error } of Worker.runReplayHistories(await testWorkflowCode(), histories))
    replayed.set(workflowId, error);
});

test('there are histories to replay', () => {
  expect(files.length).toBeGreaterThan(8);
});

// A failure here means that syncs which are running when this code is deployed would stop with a determinism error.
test.each(files)('invariant 10, deterministic: %s replays on the workflows of today', (file) => {
  expect([...replayed.keys()]).toContain(file);
  expect(replayed.get(file)).toBeUndefined();
});

test('every patch is listed with its date, and no other', () => {
  const listed = [...page.matchAll(/^\| `([\w-]+)` \| 20\d\d-\d\d-\d\d \|/gm)].map(([, name]) => name);
  expect(listed.sort()).toEqual(Object.values(patch).sort());
});
