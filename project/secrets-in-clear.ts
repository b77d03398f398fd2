import type { z } from 'zod';
import { formOfProvider, providerIn, secretProviderNames, secretRef } from '../model/connection/secret.ts';
import { isSecretName, secretKind } from '../model/connection/secret-text.ts';
import { didYouMean } from '../model/text/near-name.ts';
import type { Problem } from '../model/text/problem.ts';
import type { SecretWorld } from '../platform/secrets/found.ts';
import { withoutSecrets } from '../platform/secrets/known.ts';
import { findSecret, isLocal } from '../platform/secrets/providers.ts';
import { addressFault, isAddressKey, lookAlike, looksLikeAddress } from './address.ts';
import { explainIssues } from './explain-issue.ts';
import { pathText } from './shown.ts';
import { type Tree, type TreeScalar, treeScalars, treeValue } from './tree.ts';

/** A problem of a value, with the path whose further complaints it replaces. */
export interface ValueProblem {
  readonly path: readonly string[];
  readonly problem: Problem;
}

/** Where a reference to a secret stands, though the name of the key does not say so. */
const holdsSecret: ReadonlySet<string> = new Set([
  'auth.value',
  'clientCertificate.certificate',
  'clientCertificate.key',
]);

/** Secrets and addresses in one system's entry: what is wrong with them. No message repeats a value. */
export function inspectValues(entry: Tree): readonly ValueProblem[] {
  const isSession = entry.type === 'map' && sessionAuth(entry);
  const found: ValueProblem[] = [];
  for (const { path, scalar } of treeScalars(entry)) {
    if (scalar.broken) continue;
    const fault = scalarFault(path, scalar, isSession);
    if (fault) found.push({ path, problem: fault });
  }
  return found;
}

/** With `kind: session`, `auth.token` is where the token stands in the answer, not the token. */
function sessionAuth(entry: Tree & { type: 'map' }): boolean {
  const auth = entry.entries.get('auth')?.value;
  const kind = auth?.type === 'map' ? auth.entries.get('kind')?.value : undefined;
  return kind?.type === 'scalar' && kind.value === 'session';
}

function scalarFault(path: readonly string[], scalar: TreeScalar, isSession: boolean): Problem | undefined {
  const key = path.at(-1) ?? '';
  const isReference = path.length > 1 && providerIn([key]) !== undefined && isSecretName(path.at(-2) ?? '');
  const text = typeof scalar.value === 'string' ? scalar.value : String(scalar.value ?? '');
  const kind = secretKind(text);
  const isNamed =
    (isSecretName(key) || holdsSecret.has(pathText(path))) &&
    text !== '' &&
    !(isSession && pathText(path) === 'auth.token');
  if (kind !== undefined || (isNamed && !isReference)) return inClear(path, scalar, kind);
  if (typeof scalar.value !== 'string' || !(looksLikeAddress(text) || isAddressKey(key))) return undefined;
  const fault = addressFault(text);
  if (fault) return problem('error', 'URL_REFUSED', path, scalar, fault, 'Write the address of the system.');
  const twin = lookAlike(text);
  if (twin)
    return problem(
      'warning',
      'URL_REFUSED',
      path,
      scalar,
      `has letters beyond ASCII; it leads to ${twin}.`,
      'Check that this is the host that is meant.',
    );
  return undefined;
}

function inClear(path: readonly string[], scalar: TreeScalar, kind: string | undefined): Problem {
  const variable = scalar.variables?.[0];
  const reference = `{ env: ${variable ?? 'NAME'} }`;
  const what = kind === undefined ? 'holds a secret in clear.' : `holds ${kind} in clear.`;
  const next =
    variable === undefined
      ? `Put it into an environment variable or a file and write \`${reference}\` or \`{ file: PATH }\`; then renew it, for it has been in a file.`
      : `Write the reference \`${reference}\`, which is read when it is needed.`;
  return problem('error', 'SECRET_IN_CLEAR', path, scalar, what, next);
}

/** Secret references of an entry: unknown providers, and what they name but is not there or lies open. */
export async function inspectReferences(
  entry: Tree,
  world: SecretWorld,
  path: readonly string[] = [],
): Promise<readonly ValueProblem[]> {
  if (entry.type !== 'map') return [];
  const found: ValueProblem[] = [];
  for (const [key, { value }] of entry.entries) {
    const below = [...path, key];
    const wantsSecret = isSecretName(key) || holdsSecret.has(pathText(below)) || path.join('.') === 'auth.body';
    if (value.type !== 'map') continue;
    const fault = wantsSecret ? await referenceFault(below, value, world) : undefined;
    if (fault) found.push(fault);
    else found.push(...(await inspectReferences(value, world, below)));
  }
  return found;
}

async function referenceFault(
  path: readonly string[],
  map: Tree & { type: 'map' },
  world: SecretWorld,
): Promise<ValueProblem | undefined> {
  const place = { place: map.entries.values().next().value?.place ?? map.place };
  const value = treeValue(map);
  const reference = secretRef.safeParse(value);
  if (!reference.success) {
    const fault = formFault([...map.entries.keys()], value);
    return { path, problem: problem('error', 'SECRET_REFERENCE', path, place, fault) };
  }
  // A store or a program is asked when its secret is needed, and by `doctor`: reading files contacts nobody.
  if (!isLocal(providerIn(Object.keys(reference.data)) ?? 'env')) return undefined;
  const secret = await findSecret(reference.data, world);
  if ('value' in secret) return undefined;
  const near = 'env' in reference.data ? didYouMean(reference.data.env, Object.keys(world.env)) : '';
  const [severity, code] =
    secret.fault === 'exposed' ? (['error', 'SECRET_EXPOSED'] as const) : (['warning', 'SECRET_MISSING'] as const);
  const next = secret.fault === 'exposed' ? undefined : 'A run would wait for it.';
  return { path, problem: problem(severity, code, path, place, `: ${secret.reason}.${near}`, next) };
}

const allowed = `Allowed: ${secretProviderNames.map((name) => `{ ${name}: … }`).join(', ')}.`;

/** Why it is no reference: no provider of that name, a key that the provider does not read, a value it cannot be. */
function formFault(keys: readonly string[], value: unknown): string {
  const provider = providerIn(keys);
  if (provider === undefined) {
    const [strange = ''] = keys;
    return `refers to the provider \`${withoutSecrets(strange)}\`, which does not exist.${didYouMean(strange, secretProviderNames)} ${allowed}`;
  }
  const schema: z.ZodType = formOfProvider(provider);
  const issues = schema.safeParse(value).error?.issues ?? [];
  const [first] = explainIssues(issues, { schema, value });
  return first === undefined ? `is not a reference to a secret. ${allowed}` : `: ${withoutSecrets(first.message)}`;
}

function problem(
  severity: Problem['severity'],
  code: Problem['code'],
  path: readonly string[],
  { place }: Pick<Tree, 'place'>,
  what: string,
  next?: string,
): Problem {
  const message = `\`${pathText(path)}\`${what.startsWith(':') ? '' : ' '}${what}`;
  return { severity, code, ...place, message, ...(next !== undefined && { next }) };
}
