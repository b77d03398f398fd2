import { z } from 'zod';
import { secretRef } from './secret.ts';
import { templateFault } from './signature.ts';

/** The name of a header (RFC 9110, 5.1). */
export const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'expected the name of a header');

/** Whether a header can carry the value: no character above 255, no control character but the tab (RFC 9110, 5.5; Node's own rule). */
export const carriable = (value: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(value);

const apiKey = z
  .strictObject({
    kind: z.literal('api-key'),
    /** Where the key goes: into a header, or into the query of every address. One of the two. */
    header: headerName.optional(),
    query: z.string().min(1).optional(),
    value: secretRef,
  })
  .refine(({ header, query }) => (header === undefined) !== (query === undefined), {
    message: 'expected either `header` or `query`',
    path: ['header'],
  });

const session = z.strictObject({
  kind: z.literal('session'),
  /** Where to log in: the body's secrets are filled in, the token is read from the answer. */
  path: z.string().startsWith('/'),
  body: z.record(z.string(), z.union([z.string(), secretRef])),
  token: z.string().describe('path of the token in the answer, such as `/token`'),
  header: z.string().default('authorization'),
  prefix: z.string().default(''),
});

const webAddress = z.url({ protocol: /^https?$/ });

/** OAuth 2.0 (RFC 6749): with its own credentials, or with a refresh token that a person has consented to. */
const oauth2 = z
  .strictObject({
    kind: z.literal('oauth2'),
    grant: z.enum(['client-credentials', 'refresh-token']),
    /** The token endpoint is asked for here (RFC 8414, OpenID Connect Discovery). */
    issuer: webAddress.optional(),
    /** The token endpoint itself, where there is nothing to discover it from. */
    tokenUrl: webAddress.optional(),
    clientId: z.string().min(1),
    /** Left out for a public client. */
    clientSecret: secretRef.optional(),
    /** How the client proves itself (RFC 6749, 2.3.1): in a header, or in the body. */
    clientAuthentication: z.enum(['basic', 'post']).default('basic'),
    /** The one that consent gave first. Later ones are kept, encrypted, in the ledger. */
    refreshToken: secretRef.optional(),
    scope: z.string().min(1).optional(),
    /** Further fields of the token request, such as `audience` or `resource`. */
    parameters: z.record(z.string(), z.string()).default({}),
  })
  .refine(({ issuer, tokenUrl }) => (issuer === undefined) !== (tokenUrl === undefined), {
    message: 'expected either `issuer` or `tokenUrl`',
    path: ['tokenUrl'],
  })
  .refine(({ grant, refreshToken }) => (grant === 'refresh-token') === (refreshToken !== undefined), {
    message: 'expected with `grant: refresh-token`, and only there',
    path: ['refreshToken'],
  })
  .refine(({ grant, clientSecret }) => grant === 'refresh-token' || clientSecret !== undefined, {
    message: 'expected with `grant: client-credentials`',
    path: ['clientSecret'],
  });
export type OAuth2Spec = z.output<typeof oauth2>;

const template = z.string().superRefine((text, context) => {
  const fault = templateFault(text);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
});

/** Every request is signed with a shared secret (HMAC, RFC 2104). See model/connection/signature.ts for the templates. */
const hmac = z.strictObject({
  kind: z.literal('hmac'),
  algorithm: z.enum(['sha1', 'sha256', 'sha384', 'sha512']).default('sha256'),
  secret: secretRef,
  /** How the text of the secret becomes the bytes of the key. */
  secretEncoding: z.enum(['utf8', 'base64', 'hex']).default('utf8'),
  keyId: z.string().default(''),
  /** What is signed, such as `{method}\n{path}\n{timestamp}\n{bodyHash}`. */
  signs: template,
  encoding: z.enum(['hex', 'base64']).default('hex'),
  bodyHash: z.enum(['hex', 'base64']).default('hex'),
  timestamp: z.enum(['seconds', 'milliseconds', 'iso', 'http']).default('seconds'),
  /** Headers that carry the signature and what the other side needs to check it; templates, with `{signature}` too. */
  headers: z.record(headerName, template).default({ 'x-signature': '{signature}' }),
  /** The same in the query of the address. */
  query: z.record(z.string().min(1), template).default({}),
});
export type HmacSpec = z.output<typeof hmac>;

/** How a connection proves who it is. */
export const authSpec = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer'), token: secretRef }),
  z.strictObject({ kind: z.literal('basic'), username: z.string(), password: secretRef }),
  apiKey,
  session,
  oauth2,
  hmac,
]);
export type AuthSpec = z.infer<typeof authSpec>;
export type SessionSpec = z.output<typeof session>;
export type ApiKeySpec = z.output<typeof apiKey>;

/** Mutual TLS: the certificate that we show, and its key, both PEM. */
export const clientCertificate = z.strictObject({
  certificate: secretRef,
  key: secretRef,
  passphrase: secretRef.optional(),
});
export type ClientCertificate = z.output<typeof clientCertificate>;
