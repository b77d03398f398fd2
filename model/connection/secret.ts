import { z } from 'zod';
import { duration } from '../sync/policy.ts';

/** Names of entries of the project's vault. */
export const vaultName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected 1 to 64 of a-z, 0-9, `.`, `-` and `_`');

const inEnvironment = z.strictObject({ env: z.string().min(1) });
const inFile = z.strictObject({ file: z.string().min(1) });
const inVault = z.strictObject({ vault: vaultName });

/** What a reference may say, by the key that names its provider. */
const forms = {
  env: inEnvironment,
  file: inFile,
  vault: inVault,
  kv: z.strictObject({
    /** The path below the mount, such as `shop/production`. */
    kv: z.string().regex(/^[^/?#\s][^?#\s]*$/, 'expected a path such as `shop/production`'),
    field: z.string().min(1),
    mount: z
      .string()
      .regex(/^[^/?#\s][^?#\s]*$/)
      .default('secret'),
    /** Default: the variable VAULT_ADDR. */
    address: z.url({ protocol: /^https?$/ }).optional(),
    /** The token and the secret may go over the network unencrypted. */
    plaintext: z.boolean().default(false),
    /** Default: the variable VAULT_NAMESPACE, if it is set. */
    namespace: z.string().min(1).optional(),
    /** Default: the variable VAULT_TOKEN. */
    token: z.union([inEnvironment, inFile, inVault]).default({ env: 'VAULT_TOKEN' }),
  }),
  exec: z.strictObject({
    /** The program and its arguments; there is no shell. */
    exec: z.array(z.string()).min(1),
    timeout: duration.prefault('10 seconds'),
  }),
} as const;

/**
 * A reference to a secret, never its value (mission G1). One key names the provider: `{ env: SHOP_TOKEN }` reads an
 * environment variable, `{ file: /run/secrets/shop }` a mounted file, `{ vault: shop-token }` the encrypted vault of the
 * project, `{ kv: shop/production, field: token }` a store that speaks the KV v2 interface, `{ exec: [pass, shop] }` what
 * a program prints.
 */
export const secretRef = z.union([forms.env, forms.file, forms.vault, forms.kv, forms.exec]);
export type SecretRef = z.output<typeof secretRef>;

export type SecretProviderName = keyof typeof forms;

export const secretProviderNames = Object.keys(forms) as readonly SecretProviderName[];

/** What a reference to this provider looks like. */
export const formOfProvider = (provider: SecretProviderName): (typeof forms)[SecretProviderName] => forms[provider];

/** The provider of a reference, or of something that was meant to be one; undefined when no key names one. */
export const providerIn = (keys: readonly string[]): SecretProviderName | undefined =>
  secretProviderNames.find((name) => keys.includes(name));

/** A reference as messages show it, such as `env SHOP_TOKEN` or `kv shop/production#token`: it holds no secret. */
export function referenceText(ref: SecretRef): string {
  if ('env' in ref) return `env ${ref.env}`;
  if ('file' in ref) return `file ${ref.file}`;
  if ('vault' in ref) return `vault ${ref.vault}`;
  if ('kv' in ref) return `kv ${ref.mount}/${ref.kv}#${ref.field}`;
  return `exec ${ref.exec[0] ?? ''}`;
}

/** What stands in the place of a value: the name of a variable that a person would set to it. */
export function secretShown(ref: SecretRef): string {
  const words = referenceText(ref)
    .replace(/^\S+ /, '')
    .replace(/[\\/]+$/, '')
    .replace(/^.*[\\/#]/, '');
  const name = words
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replace(/^(?=\d)/, '_');
  return `[secret:${name || 'SECRET'}]`;
}

/**
 * Which value is meant while a secret is being renewed: `known` may be a minute old where reading costs a call, `latest`
 * is read from its store, `previous` is the one before, where the store still has it.
 */
export type SecretVersion = 'known' | 'latest' | 'previous';

/**
 * Gives the value behind a reference, by default the `known` one. Throws SECRET_MISSING, or SECRET_STORE_UNAVAILABLE;
 * both name the reference and never the value.
 */
export type ReadSecret = (ref: SecretRef, version?: SecretVersion) => Promise<string>;
