import path from 'node:path';
import { z } from 'zod';
import type { Progress } from '../../platform/foundation/progress.ts';
import { type GoProgram, goProgram } from '../../stack/go-programs.ts';
import type { Guard } from '../../stack/guard.ts';
import { anyFreePort } from '../../stack/ports.ts';
import { startServer } from '../../stack/server-process.ts';

const program: GoProgram = {
  name: 'toxiproxy',
  module: 'github.com/Shopify/toxiproxy/v2',
  package: 'cmd/server',
  version: '2.5.0',
  usualS: 20,
};

/** What a link does to the bytes that pass it (https://github.com/Shopify/toxiproxy#toxics). Times in milliseconds. */
export type Toxic =
  | { readonly type: 'latency'; readonly attributes: { readonly latency: number; readonly jitter: number } }
  | { readonly type: 'limit_data'; readonly attributes: { readonly bytes: number } }
  | {
      readonly type: 'slicer';
      readonly attributes: {
        readonly average_size: number;
        readonly size_variation: number;
        /** Microseconds. */
        readonly delay: number;
      };
    }
  | { readonly type: 'timeout'; readonly attributes: { readonly timeout: number } }
  | { readonly type: 'reset_peer'; readonly attributes: { readonly timeout: number } };

/** A TCP link on loopback whose address stays, whatever is behind it and whatever is done to it. */
export interface Link {
  readonly port: number;
  /** Where new connections go from now on; those that are open are cut. */
  leadTo(port: number): Promise<void>;
  /** Cuts every connection, in the middle of whatever it carries, and lets new ones in at once. */
  cut(): Promise<void>;
  /** Spoils one direction for a while: what the client sends (`upstream`), or what it gets (`downstream`). */
  spoil(stream: 'upstream' | 'downstream', toxic: Toxic): Promise<void>;
}

export interface Toxiproxy {
  link(name: string, port: number): Promise<Link>;
  /** Every link is whole again. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

const proxySchema = z.object({ listen: z.string() });

/** Starts toxiproxy, built with Go the first time. Throws with what to do when Go is missing. */
export async function startToxiproxy(
  folder: string,
  cacheFolder: string,
  guard: Guard,
  progress: Progress,
): Promise<Toxiproxy> {
  const command = await goProgram(program, cacheFolder, progress).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `the yard breaks connections with ${program.name} ${program.version}, which is not at hand: ${why}`,
    );
  });
  const port = await anyFreePort();
  const server = await startServer({
    folder: path.join(folder, program.name),
    command,
    args: ['-host', '127.0.0.1', '-port', String(port)],
    env: process.env,
    stopSignal: 'SIGTERM',
    graceMs: 2000,
    guard,
  });
  const ask = asker(`http://127.0.0.1:${port}`);
  await untilUp(ask);
  return {
    async link(name, target) {
      const body = { name, listen: '127.0.0.1:0', upstream: `127.0.0.1:${target}`, enabled: true };
      const { listen } = proxySchema.parse(await ask('POST', '/proxies', body));
      return linkOf(ask, name, listen);
    },
    heal: async () => void (await ask('POST', '/reset')),
    stop: () => server.stop(),
  };
}

type Ask = (method: string, path: string, body?: unknown) => Promise<unknown>;

function linkOf(ask: Ask, name: string, listen: string): Link {
  const change = (more: object) => ask('POST', `/proxies/${name}`, { listen, ...more });
  let toxics = 0;
  return {
    port: Number(listen.split(':').at(-1)),
    leadTo: async (port) => void (await change({ upstream: `127.0.0.1:${port}`, enabled: true })),
    async cut() {
      await change({ enabled: false });
      await change({ enabled: true });
    },
    async spoil(stream, toxic) {
      // A name of its own: a round may draw the same trouble twice before the first is healed.
      await ask('POST', `/proxies/${name}/toxics`, { ...toxic, name: `toxic-${++toxics}`, stream, toxicity: 1 });
    },
  };
}

const asker =
  (url: string): Ask =>
  async (method, path, body) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      signal: AbortSignal.timeout(5000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`toxiproxy: ${method} ${path} answered ${answer.status}: ${text.trim()}`);
    return text === '' ? null : JSON.parse(text);
  };

async function untilUp(ask: Ask): Promise<void> {
  for (let tries = 0; ; tries++) {
    const up = await ask('GET', '/proxies').then(
      () => true,
      () => false,
    );
    if (up) return;
    if (tries === 100) throw new Error('toxiproxy did not start within 5 seconds');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
