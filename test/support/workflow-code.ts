import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { WorkflowCode } from '../../workers/worker.ts';
import { builtWorkflows } from './built.ts';

let code: Promise<WorkflowCode> | undefined;

/**
 * The workflows as they are now, for every worker of a test file: bundling them takes longer than most tests. Of the
 * build where it is of this source; else bundled here, once.
 */
export function testWorkflowCode(): Promise<WorkflowCode> {
  code ??= obtain();
  return code;
}

async function obtain(): Promise<WorkflowCode> {
  const codePath = builtWorkflows();
  if (codePath !== null) return { workflowBundle: { codePath } };
  const workflowsPath = join(import.meta.dirname, '../../workflows/index.ts');
  return { workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }) };
}
