import { z } from 'zod';
import type { SecretRef } from '../../model/connection/secret.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import { jsonIn } from '../../model/record/json.ts';
import type { Incoming } from '../outbound/pipeline.ts';
import { guardOf } from '../outbound/transport/address-guard.ts';
import { exchange } from '../outbound/transport/exchange.ts';
import { type FoundSecret, type NoSecret, noSecret, type SecretWorld } from './found.ts';

type KvRef = Extract<SecretRef, { kv: unknown }>;

const limits = { timeoutMs: 10_000, maxResponseBytes: 1024 * 1024 };

const answerShape = z.object({
  data: z.object({
    data: z.record(z.string(), z.unknown()).nullable(),
    metadata: z.object({ version: z.int() }),
  }),
});

/** What is asked: the reference, the token to ask with, and a version of the secret other than its latest. */
interface Question {
  readonly ref: KvRef;
  readonly token: string;
  readonly version?: number;
}

/**
 * One field of a secret in a store that speaks the KV v2 interface of HashiCorp Vault (`GET /v1/MOUNT/data/PATH`,
 * developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2). `previous` asks for the version before the latest. The address is
 * looked at as that of a connection with `network: private`; a redirect is not followed, as the token would go with it.
 */
export async function readFromKv(
  ref: KvRef,
  world: SecretWorld,
  token: string,
  version: 'latest' | 'previous',
): Promise<FoundSecret> {
  const latest = await ask({ ref, token }, world);
  if ('fault' in latest) return latest;
  if (version === 'latest') return fieldOf(latest, ref);
  const before = latest.data.metadata.version - 1;
  if (before < 1) return noSecret('missing', `${nameOf(ref)} has no version before its latest`);
  const previous = await ask({ ref, token, version: before }, world);
  return 'fault' in previous ? previous : fieldOf(previous, ref);
}

type KvAnswer = z.infer<typeof answerShape>;

async function ask({ ref, token, version }: Question, { env }: SecretWorld): Promise<KvAnswer | NoSecret> {
  const address = ref.address ?? env['VAULT_ADDR'];
  if (!address || !URL.canParse(address))
    return noSecret('missing', `${nameOf(ref)} has no \`address\`, and VAULT_ADDR names none`);
  const base = address.replace(/\/+$/, '');
  const namespace = ref.namespace ?? env['VAULT_NAMESPACE'];
  const path = ref.kv.split('/').map(encodeURIComponent).join('/');
  const url = new URL(`${base}/v1/${ref.mount}/data/${path}`);
  if (version !== undefined) url.searchParams.set('version', String(version));
  const caFile = env['VAULT_CACERT'];
  const wire = exchange(limits, {
    guard: guardOf({ network: 'private', plaintext: ref.plaintext }),
    ...(caFile && { tls: { caFile } }),
  });
  try {
    const answer = await wire.send({
      method: 'GET',
      url,
      route: url.pathname,
      headers: {
        'x-vault-token': token,
        'x-vault-request': 'true',
        ...(namespace && { 'x-vault-namespace': namespace }),
      },
      signal: new AbortController().signal,
    });
    return judged(answer, ref);
  } catch (error) {
    const why = error instanceof SyncFailure ? error.message : 'the call failed';
    const isRefused = error instanceof SyncFailure && error.code === 'ADDRESS_REFUSED';
    return noSecret(isRefused ? 'missing' : 'unavailable', `${nameOf(ref)} cannot be read: ${why}`);
  } finally {
    wire.close();
  }
}

function judged({ status, body }: Incoming, ref: KvRef): KvAnswer | NoSecret {
  if (status === 404) return noSecret('missing', `${nameOf(ref)} does not exist, or was deleted`);
  if (status === 400 || status === 401 || status === 403)
    return noSecret(
      'missing',
      `the store did not let ${nameOf(ref)} be read (${status}): look at its token and policy`,
    );
  if (status !== 200) return noSecret('unavailable', `the store of ${nameOf(ref)} answered ${status}`);
  const parsed = answerShape.safeParse(jsonIn(body.toString('utf8')));
  if (parsed.success) return parsed.data;
  return noSecret('missing', `the store of ${nameOf(ref)} did not answer as KV version 2: is the mount right?`);
}

function fieldOf(answer: KvAnswer, ref: KvRef): FoundSecret {
  const value = answer.data.data?.[ref.field];
  if (typeof value === 'string' && value !== '') return { value };
  return noSecret('missing', `${nameOf(ref)} ${value === undefined ? 'does not exist' : 'is not a text'}`);
}

const nameOf = ({ mount, kv, field }: KvRef): string => `the field ${field} of ${mount}/${kv}`;
