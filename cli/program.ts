import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { exitCode } from '../model/failure/exit-code.ts';
import { didYouMean } from '../model/text/near-name.ts';
import { type Verb, verbs } from './verbs.ts';

const examples = `
Examples:
  syncline check                      what is in this folder, and whether it is right
  syncline --project ../shop check    the same for another folder
  syncline check --json               for programs: one JSON document on stdout

Exit codes: 0 ok, 1 run failed, 2 usage, 3 invalid project, 4 partial, 5 unreachable, 6 not allowed, 7 conflict, 8 timeout.
Every command explains itself: syncline COMMAND --help`;

/** Where the frame writes. */
export interface ProgramStreams {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/**
 * The command line for these arguments; of the verbs only the one that is called has been read.
 * Throws CommanderError when there is no such verb.
 */
export async function createProgram(args: readonly string[], streams: ProgramStreams): Promise<Command> {
  const program = new Command('syncline')
    .description('Syncline keeps business systems in step: every record accounted for, nothing lost, nothing doubled.')
    .addOption(once('--project <dir>', 'the project folder (default: the current folder)'))
    .option('--json', 'one JSON document on stdout, everything else on stderr')
    .version(readVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'explain the command')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: streams.stdout, writeErr: streams.stderr, outputError: () => {} })
    .exitOverride()
    .addHelpText('after', examples);
  const called = verbNamed(firstWord(args));
  for (const verb of verbs) program.addCommand(verb === called ? inherit(await verb.load(), program) : stub(verb));
  return program;
}

/** `help run` means `run --help`. */
export const helpAsOption = (args: readonly string[]): readonly string[] =>
  firstWord(args) === 'help' ? [...args.filter((argument) => argument !== 'help'), '--help'] : args;

/** The first argument that is neither an option nor the value of a global one. */
export function firstWord(args: readonly string[]): string | undefined {
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? '';
    if (argument === '--') return undefined;
    if (argument === '--project') index++;
    else if (!argument.startsWith('-')) return argument;
  }
  return undefined;
}

function verbNamed(word: string | undefined): Verb | undefined {
  if (word === undefined) return undefined;
  const verb = verbs.find(({ name }) => name === word);
  if (verb) return verb;
  const names = verbs.map(({ name }) => name);
  const hint = didYouMean(word, names) || ` There are: ${names.join(', ')}.`;
  throw new CommanderError(exitCode.usage, 'syncline.unknownCommand', `unknown command \`${word}\`.${hint}`);
}

function stub(verb: Verb): Command {
  return new Command(verb.name).summary(verb.summary).description(verb.summary);
}

/** Output, exits and help of the frame, for a command and those below it. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const below of command.commands) inherit(below, command);
  return command;
}

/** An option that may be given once: the second value would silently win otherwise. */
function once(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, previous: string | undefined) => {
    if (previous !== undefined) throw new InvalidArgumentError('It is given twice.');
    if (value === '') throw new InvalidArgumentError('It is empty.');
    return value;
  });
}

/** Of package.json, which lies beside cli/ in the source and above dist/ once built. */
function readVersion(): string {
  for (const up of ['../package.json', '../../package.json']) {
    try {
      const found: { name?: unknown; version?: unknown } = JSON.parse(
        readFileSync(new URL(up, import.meta.url), 'utf8'),
      );
      if (found.name === 'syncline' && typeof found.version === 'string') return found.version;
    } catch {}
  }
  return '0.0.0';
}
