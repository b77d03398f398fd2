import type { Connection } from '../../model/connection/connection.ts';
import { providerIn, referenceText, type SecretRef } from '../../model/connection/secret.ts';
import { isSecretName } from '../../model/connection/secret-text.ts';
import type { SecretFault, SecretWorld } from './found.ts';
import { findSecret, isLocal } from './providers.ts';

/** Where a connection refers to a secret: `auth.token`. */
export interface Reference {
  readonly path: string;
  readonly ref: SecretRef;
}

/** How a reference stands, without what is behind it. `not asked`: it would take a call, or a program. */
export interface ReferenceState {
  readonly path: string;
  /** Such as `env SHOP_TOKEN`. */
  readonly reference: string;
  readonly state: 'there' | 'not asked' | SecretFault;
  readonly reason?: string;
}

/** Every reference of a connection. Among the settings of its kind those that stand under the name of a secret. */
function referencesOf({ auth, clientCertificate, settings }: Connection): readonly Reference[] {
  return [
    ...below(auth, 'auth', () => true),
    ...below(clientCertificate, 'clientCertificate', () => true),
    ...below(settings, '', isSecretName),
  ];
}

function below(value: unknown, path: string, mayRefer: (key: string) => boolean): readonly Reference[] {
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = path === '' ? key : `${path}.${key}`;
    return mayRefer(key) && isReference(inner) ? [{ path: at, ref: inner }] : below(inner, at, mayRefer);
  });
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** By its form: a reference that has been parsed is not what its schema takes, as a time-out has become a number. */
function isReference(value: unknown): value is SecretRef {
  if (!isMap(value)) return false;
  const provider = providerIn(Object.keys(value));
  if (provider === undefined) return false;
  return provider === 'exec' ? Array.isArray(value[provider]) : typeof value[provider] === 'string';
}

/** Looks each reference up; those that are not local only when `everywhere`. */
export function statesOf(
  connection: Connection,
  world: SecretWorld,
  everywhere: boolean,
): Promise<readonly ReferenceState[]> {
  return Promise.all(
    referencesOf(connection).map(async ({ path, ref }): Promise<ReferenceState> => {
      const reference = referenceText(ref);
      if (!everywhere && !isLocal(providerIn(Object.keys(ref)) ?? 'env'))
        return { path, reference, state: 'not asked' };
      const found = await findSecret(ref, world);
      if ('value' in found) return { path, reference, state: 'there' };
      return { path, reference, state: found.fault, reason: found.reason };
    }),
  );
}
