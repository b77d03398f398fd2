import { execFile } from 'node:child_process';
import type { SecretRef } from '../../model/connection/secret.ts';
import { errorCode } from '../../model/failure/error-code.ts';
import { type FoundSecret, noSecret, type SecretWorld } from './found.ts';

/** A program that prints more is not printing a secret. */
const MAX_OUTPUT_BYTES = 64 * 1024;

type ProgramRef = Extract<SecretRef, { exec: unknown }>;

/**
 * What a program prints, less its last line end: the command line of any secret store. It is started without a shell,
 * in the project folder, with the environment of the worker, and ended when it takes too long or prints too much. What
 * it says on stderr is dropped: it may repeat what it was asked for.
 */
export function readFromProgram(ref: ProgramRef, { env, projectFolder }: SecretWorld): Promise<FoundSecret> {
  const [program = '', ...args] = ref.exec;
  const options = {
    cwd: projectFolder,
    env,
    timeout: ref.timeout,
    killSignal: 'SIGKILL' as const,
    maxBuffer: MAX_OUTPUT_BYTES,
    shell: false,
    encoding: 'utf8' as const,
    windowsHide: true,
  };
  return new Promise((resolve) => {
    const child = execFile(program, args, options, (error, stdout) => {
      const value = stdout.replace(/\r?\n$/, '');
      if (error) resolve(faultOf(error, ref));
      else resolve(value === '' ? noSecret('missing', `\`${program}\` printed nothing`) : { value });
    });
    child.stdin?.end();
  });
}

function faultOf(error: Error & { readonly killed?: boolean }, { exec, timeout }: ProgramRef): FoundSecret {
  const program = `\`${exec[0] ?? ''}\``;
  const code = errorCode(error);
  if (code === 'ENOENT') return noSecret('missing', `there is no program ${program}`);
  if (code === 'EACCES') return noSecret('missing', `${program} may not be run by this user`);
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return noSecret('missing', `${program} printed more than ${MAX_OUTPUT_BYTES} bytes`);
  if (error.killed) return noSecret('unavailable', `${program} did not end within ${timeout} ms`);
  const status = 'code' in error && typeof error.code === 'number' ? ` with ${error.code}` : '';
  return noSecret('unavailable', `${program} failed${status}`);
}
