import { type FoundSecret, noSecret, type SecretWorld } from './found.ts';

/** A variable of the environment of the worker or command. */
export async function readVariable(name: string, { env }: SecretWorld): Promise<FoundSecret> {
  const value = env[name];
  if (value) return { value };
  return noSecret('missing', `the variable ${name} ${value === '' ? 'is empty' : 'is not set'}`);
}
