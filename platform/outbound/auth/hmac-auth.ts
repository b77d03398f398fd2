import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { HmacSpec } from '../../../model/connection/auth.ts';
import { filledTemplate, type SignatureField } from '../../../model/connection/signature.ts';
import type { Outgoing, Stage } from '../pipeline.ts';
import { type Credentials, carriableSecret } from './credentials.ts';
import { withHeader, withQuery } from './plain-auth.ts';
import { secretAuth } from './secret-auth.ts';

/** Signs each request with a shared secret, as the connection declares it. A replay is signed anew. */
export const hmacAuth = (given: Credentials, spec: HmacSpec): Stage =>
  secretAuth(given, spec.secret, (request, secret) =>
    signed(request, spec, secret, { nowMs: given.clock.now(), nonce: randomBytes(16).toString('hex') }),
  );

/** What a signature takes from the moment. */
export interface Moment {
  readonly nowMs: number;
  readonly nonce: string;
}

/** The request with its signature in the headers and query that the connection declares. Pure. */
export function signed(request: Outgoing, spec: HmacSpec, secret: string, moment: Moment): Outgoing {
  const fields = fieldsOf(request, spec, moment);
  const text = filledTemplate(spec.signs, fields, request.headers);
  const signature = createHmac(spec.algorithm, Buffer.from(secret, spec.secretEncoding))
    .update(text)
    .digest(spec.encoding);
  const all = { ...fields, signature };
  let dressed = request;
  for (const [name, template] of Object.entries(spec.headers))
    dressed = withHeader(
      dressed,
      name.toLowerCase(),
      carriableSecret(filledTemplate(template, all, request.headers), 'hmac'),
    );
  for (const [name, template] of Object.entries(spec.query))
    dressed = withQuery(dressed, name, filledTemplate(template, all, request.headers));
  return dressed;
}

function fieldsOf(
  { method, url, body }: Outgoing,
  spec: HmacSpec,
  { nowMs, nonce }: Moment,
): Partial<Record<SignatureField, string>> {
  const bytes = Buffer.from(body ?? '');
  return {
    method,
    host: url.host,
    path: url.pathname,
    query: url.search.slice(1),
    pathAndQuery: url.pathname + url.search,
    url: url.href,
    timestamp: timestampOf(spec.timestamp, nowMs),
    nonce,
    body: bytes.toString('utf8'),
    bodyHash: createHash(spec.algorithm).update(bytes).digest(spec.bodyHash),
    keyId: spec.keyId,
  };
}

function timestampOf(form: HmacSpec['timestamp'], nowMs: number): string {
  switch (form) {
    case 'seconds':
      return String(Math.floor(nowMs / 1000));
    case 'milliseconds':
      return String(nowMs);
    case 'iso':
      return new Date(nowMs).toISOString();
    case 'http':
      return new Date(nowMs).toUTCString();
  }
}
