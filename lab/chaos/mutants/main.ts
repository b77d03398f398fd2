import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { wholeNumber } from '../../command.ts';
import { type Mutant, mutants } from './list.ts';

const run = promisify(execFile);

interface Options {
  readonly seed: number;
  readonly schedules: number;
  readonly rounds: number;
  readonly by: 'both' | 'simulation' | 'yard';
}

/** What found a mutant, and what it said; null when nothing did. */
interface Finding {
  readonly by: string;
  readonly words: string;
}

const command = new Command('torture:mutants')
  .description('Breaks the engine on purpose, in a copy, and shows that the simulation or the yard finds it.')
  .argument('[names...]', `which: ${mutants.map(({ name }) => name).join(', ')}; default: all`)
  .option('--seed <n>', 'of the simulation and the yard', wholeNumber, 1)
  .option('--schedules <n>', 'that the simulation tries for each class', wholeNumber, 100)
  .option('--rounds <n>', 'of the yard', wholeNumber, 20)
  .option('--by <who>', 'both (the yard when the simulation finds nothing), simulation, yard', 'both')
  .addHelpText('after', '\nRun it in the repository. Exit codes: 0 each was found, 1 one was not, 2 wrong usage.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

async function main(): Promise<number> {
  command.parse();
  const chosen = mutants.filter(({ name }) => command.args.length === 0 || command.args.includes(name));
  let missed = 0;
  for (const mutant of chosen) {
    const finding = await tried(mutant, command.opts<Options>());
    if (finding === null) missed++;
    process.stdout.write(
      finding === null ? `${mutant.name}: NOT FOUND\n` : `${mutant.name}: found by ${finding.by}: ${finding.words}\n`,
    );
  }
  return missed === 0 ? 0 : 1;
}

async function tried(mutant: Mutant, options: Options): Promise<Finding | null> {
  const folder = await mkdtemp(path.join(tmpdir(), 'syncline-mutant-'));
  try {
    await copyRepository(folder);
    for (const edit of mutant.edits) await apply(folder, edit);
    const built = await output('npm', ['run', '-s', 'build:lab'], folder, process.env);
    if (built !== '') throw new Error(`the mutant does not build: ${built}`);
    const simulated = options.by === 'yard' ? null : await bySimulation(folder, mutant, options);
    return simulated ?? (options.by === 'simulation' ? null : await byChaos(folder, mutant, options));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function copyRepository(folder: string): Promise<void> {
  const { stdout } = await run('git', ['ls-files', '-z'], { maxBuffer: 16 * 1024 * 1024 });
  for (const file of stdout.split('\0').filter((name) => name !== '')) await cp(file, path.join(folder, file));
  await symlink(path.resolve('node_modules'), path.join(folder, 'node_modules'));
}

async function apply(folder: string, { file, find, replace }: Mutant['edits'][number]): Promise<void> {
  const target = path.join(folder, file);
  const text = await readFile(target, 'utf8');
  if (text.split(find).length !== 2) throw new Error(`${file}: expected once, and did not find so: ${find}`);
  await writeFile(
    target,
    text.replace(find, () => replace),
  );
}

async function bySimulation(folder: string, mutant: Mutant, { seed, schedules }: Options): Promise<Finding | null> {
  const program = [
    'dist-lab/lab/simulation/main.js',
    '--seed',
    String(seed),
    '--schedules',
    String(schedules),
    '--no-shrink',
  ];
  const said = await output(process.execPath, program, folder, process.env);
  // One that cannot even begin finds nothing, and proves nothing.
  if (!/^[1-9]\d* schedules/m.test(said)) throw new Error(`the simulation did not play: ${said}`);
  const words = said.split('\n').find((line) => line.startsWith('BREACH') && mutant.found.test(line));
  return words === undefined ? null : { by: `the simulation, seed ${seed}`, words: words.replace(/^BREACH /, '') };
}

async function byChaos(folder: string, mutant: Mutant, { seed, rounds }: Options): Promise<Finding | null> {
  const yard = ['dist-lab/lab/chaos/main.js', '--seed', String(seed), '--rounds', String(rounds), '--patient'];
  const lines = (await output(process.execPath, yard, folder, process.env)).split('\n');
  const at = lines.findIndex((line) => line.includes('BREACH') && mutant.found.test(line));
  if (at < 0) return null;
  const round = lines.slice(0, at).findLast((line) => /^round \d+/.test(line));
  const words = lines[at]?.replace(/^\s*BREACH /, '') ?? '';
  return { by: `the yard, seed ${seed}, ${round?.split(':')[0] ?? ''}`, words };
}

/** Everything that a command says, however it ends. */
async function output(file: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(file, [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  await new Promise((resolve) => child.once('close', resolve));
  return said;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
