import { connect, createServer, type Socket } from 'node:net';
import { listen } from './with-server.ts';

export interface CuttableProxy {
  readonly port: number;
  /** Cuts every connection and accepts no more. May be called twice. */
  cut(): Promise<void>;
  /** Accepts connections again, on the same port. */
  mend(): Promise<void>;
  /** Cuts what is open as soon as the client sends `text`, before the server sees it (`before`) or its answer is seen. */
  cutAt(text: string, when: 'before' | 'after'): void;
}

/** A TCP proxy in front of a server on the loopback, so that a test can make the server unreachable. */
export async function startProxy(targetPort: number): Promise<CuttableProxy> {
  const pairs = new Set<Socket>();
  let trigger: { text: string; when: 'before' | 'after' } | undefined;
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    let mute = false;
    const end = (): void => {
      client.destroy();
      target.destroy();
      pairs.delete(target);
    };
    pairs.add(target);
    client.on('data', (data) => {
      const hit = trigger !== undefined && data.includes(trigger.text);
      if (hit && trigger?.when === 'before') return end();
      if (hit) mute = true;
      target.write(data);
    });
    target.on('data', (data) => {
      if (mute) return end();
      client.write(data);
    });
    for (const socket of [client, target]) socket.on('error', end).on('close', end);
  });
  const { port, close } = await listenOn(server);
  return {
    port,
    cut: async () => {
      for (const target of pairs) target.destroy();
      await close();
    },
    mend: () => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve)),
    cutAt: (text, when) => {
      trigger = { text, when };
    },
  };
}

/** `listen` speaks of HTTP servers, but needs no more than a TCP server. */
const listenOn = (server: ReturnType<typeof createServer>): ReturnType<typeof listen> =>
  listen(server as unknown as Parameters<typeof listen>[0]);
