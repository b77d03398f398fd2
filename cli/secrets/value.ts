import process from 'node:process';
import { refusal } from '../../model/failure/failure.ts';
import { secretsOfProcess } from '../../platform/secrets/known.ts';

const MAX_BYTES = 64 * 1024;

/** A value in the arguments would stay in the history of the shell and in the list of processes. Nothing repeats it. */
export function refuseArgument(given: readonly string[]): void {
  if (given.length <= 1) return;
  throw refusal('SECRET_ARGUMENT', 'a secret is never an argument of a command', { todo: howToGive });
}

const howToGive =
  'Pipe it in (`syncline secrets set NAME < FILE`), or name a variable that holds it with --env. If it was a real one, renew it.';

/** The value from the variable that is named, or from standard input; without its last line end. */
export async function givenValue(variable: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  const value = variable === undefined ? await fromInput() : env[variable];
  if (value === undefined || value === '') {
    const where = variable === undefined ? 'standard input' : `the variable ${variable}`;
    throw refusal('SECRET_EMPTY', `there is no value: ${where} is empty`, { todo: howToGive });
  }
  secretsOfProcess.note(value, '[secret]');
  return value;
}

async function fromInput(): Promise<string> {
  if (process.stdin.isTTY)
    throw refusal('SECRET_EMPTY', 'a value that is typed would stay on the screen', { todo: howToGive });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    const part = Buffer.from(chunk);
    chunks.push(part);
    bytes += part.length;
    if (bytes > MAX_BYTES) throw refusal('SECRET_TOO_LARGE', `the value has more than ${MAX_BYTES} bytes`);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
