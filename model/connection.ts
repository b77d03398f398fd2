import { z } from 'zod';

/**
 * A reference to a secret, never its value (mission G1). One key names the provider:
 * `{ env: SHOP_TOKEN }` reads an environment variable, `{ file: /run/secrets/shop }` a mounted file.
 */
export const secretRef = z.union([
  z.strictObject({ env: z.string().min(1) }),
  z.strictObject({ file: z.string().min(1) }),
]);
export type SecretRef = z.infer<typeof secretRef>;

/** How a connection proves who it is. */
export const authSpec = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer'), token: secretRef }),
  z.strictObject({ kind: z.literal('basic'), username: z.string(), password: secretRef }),
  z.strictObject({ kind: z.literal('api-key'), header: z.string().min(1), value: secretRef }),
  z.strictObject({
    kind: z.literal('session'),
    /** Where to log in: the body's secrets are filled in, the token is read from the answer. */
    path: z.string().startsWith('/'),
    body: z.record(z.string(), z.union([z.string(), secretRef])),
    token: z.string().describe('path of the token in the answer, such as `/token`'),
    header: z.string().default('authorization'),
    prefix: z.string().default(''),
  }),
]);
export type AuthSpec = z.infer<typeof authSpec>;

/** Limits of a connection, stated by its owner. Calls are kept under them. */
export const callLimits = z.strictObject({
  perSecond: z.number().positive().optional(),
  perMinute: z.number().positive().optional(),
  perDay: z.number().positive().optional(),
  concurrent: z.int().positive().max(1000).optional(),
});
export type CallLimits = z.infer<typeof callLimits>;

/** One system of connections.yaml: the inventory entry. `settings` is what the connector of its kind asks for. */
export interface Connection {
  readonly name: string;
  readonly kind: string;
  readonly settings: unknown;
  readonly auth?: AuthSpec;
  readonly limits: CallLimits;
  /** One call, from the first byte sent to the last received. Default 30 s. */
  readonly timeoutMs: number;
  /** The largest answer read, decompressed. Default 64 MiB. */
  readonly maxResponseBytes: number;
  readonly owner?: string;
  readonly sla?: string;
  readonly documentation?: string;
  readonly apiVersion?: string;
}

/** Gives the value behind a reference. Throws SECRET_MISSING, which names the reference and never the value. */
export type ReadSecret = (ref: SecretRef) => Promise<string>;
