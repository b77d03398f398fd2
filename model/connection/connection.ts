import { z } from 'zod';
import type { ErrorRule } from '../failure/error-rule.ts';
import { isZone } from '../text/zone.ts';
import type { AuthSpec, ClientCertificate } from './auth.ts';
import type { JournalSettings } from './call.ts';

export { type AuthSpec, authSpec } from './auth.ts';
export { type ReadSecret, type SecretRef, secretRef } from './secret.ts';

/** Limits of a connection, stated by its owner. The calls of all workers together are kept under them. */
export const callLimits = z
  .strictObject({
    perSecond: z.number().positive().optional(),
    perMinute: z.number().positive().optional(),
    /** In any 24 hours; with `resetAt`, from one reset to the next. */
    perDay: z.number().positive().optional(),
    /** The time of day at which the calls of a day begin anew, such as `00:00`. */
    resetAt: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as `00:00`')
      .optional(),
    /** Of `resetAt`. Default UTC. */
    zone: z.string().refine(isZone, 'is no time zone: zones are named like `Europe/Berlin` or `UTC`').optional(),
    /** Calls under way at once. */
    concurrent: z.int().positive().max(1000).optional(),
    /** Calls that may start at once after a silence, of those that `perSecond` allows. Default: a twenty-fifth of it. */
    burst: z.int().positive().max(10_000).optional(),
    /** Units of the limits that one call uses. Default 1. */
    costPerCall: z.number().positive().optional(),
    /** Share of `perMinute` and `perDay` kept for retries and for calls that a person waits for. Default 0.05. */
    reserve: z.number().min(0).max(0.9).optional(),
  })
  .refine(({ perDay, resetAt }) => resetAt === undefined || perDay !== undefined, {
    path: ['resetAt'],
    message: 'says when `perDay` begins anew: state that too',
  })
  .refine(({ resetAt, zone }) => zone === undefined || resetAt !== undefined, {
    path: ['zone'],
    message: 'is the zone of `resetAt`: state that too',
  });
export type CallLimits = z.infer<typeof callLimits>;

/** How the encryption of a connection is checked; the other side is always verified. */
export interface TlsRules {
  /** Absolute path of a PEM file: authorities that are trusted beside the public ones. */
  readonly caFile?: string;
  /** The oldest version of TLS that is spoken. Default 1.2. */
  readonly minVersion?: '1.2' | '1.3';
}

/** One system of connections.yaml: the inventory entry. `settings` is what the connector of its kind asks for. */
export interface Connection {
  readonly name: string;
  readonly kind: string;
  readonly settings: unknown;
  readonly auth?: AuthSpec;
  /** Shown to the system in the TLS handshake (mutual TLS). */
  readonly clientCertificate?: ClientCertificate;
  readonly tls?: TlsRules;
  /** `private`: its calls may also lead into private networks and to the machine itself. Default `public`. */
  readonly network?: 'public' | 'private';
  /** Calls may go over the network unencrypted. Default false. */
  readonly plaintext?: boolean;
  /** What answers mean where their status does not say it. Default: none. */
  readonly errors?: readonly ErrorRule[];
  readonly limits: CallLimits;
  /** One call, from the first byte sent to the last received. Default 30 s. */
  readonly timeoutMs: number;
  /** The largest answer read, decompressed. Default 64 MiB. */
  readonly maxResponseBytes: number;
  /** Default: `journalSettings` without any. */
  readonly journal?: JournalSettings;
  readonly owner?: string;
  readonly sla?: string;
  readonly documentation?: string;
  readonly apiVersion?: string;
}
