import { json, startServer, type TestServer } from './with-server.ts';

/** A store that speaks the KV version 2 interface of HashiCorp Vault, as far as reading goes. */
export interface KvStore {
  readonly address: string;
  readonly requests: readonly string[];
  /** Writes a new version of a secret, as `vault kv put` does. */
  put(path: string, fields: Readonly<Record<string, unknown>>): void;
  /** Deletes the latest version, as `vault kv delete` does. */
  remove(path: string): void;
  /** Answers this status to everything, until it is null again. */
  trouble: number | null;
  close: TestServer['close'];
}

export async function startKvStore(token: string, namespace?: string): Promise<KvStore> {
  const secrets = new Map<string, (Readonly<Record<string, unknown>> | null)[]>();
  const server = await startServer(({ method, url = '', headers }, response) => {
    const at = new URL(url, 'http://kv.test');
    const refuse = (status: number) => json(response, { errors: [] }, status);
    if (store.trouble !== null) return refuse(store.trouble);
    if (headers['x-vault-token'] !== token || headers['x-vault-namespace'] !== namespace) return refuse(403);
    const path = /^\/v1\/(.+)$/.exec(decodeURI(at.pathname))?.[1] ?? '';
    const versions = secrets.get(path);
    if (method !== 'GET' || !versions) return refuse(404);
    const version = Number(at.searchParams.get('version') ?? versions.length);
    const data = versions[version - 1];
    if (data === undefined) return refuse(404);
    const metadata = { version, created_time: '2026-01-01T00:00:00Z', deletion_time: '', destroyed: false };
    json(response, { request_id: 'r', data: { data, metadata } }, data === null ? 404 : 200);
  });
  const versionsOf = (path: string) => secrets.get(path) ?? [];
  const store: KvStore = {
    address: server.address,
    requests: server.requests,
    put: (path, fields) => void secrets.set(path, [...versionsOf(path), fields]),
    remove: (path) => void secrets.set(path, [...versionsOf(path).slice(0, -1), null]),
    trouble: null,
    close: server.close,
  };
  return store;
}
