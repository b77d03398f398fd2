import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on loopback whose address stays while the server behind it comes and goes. */
export interface TcpProxy {
  readonly port: number;
  /** Where new connections go from now on. */
  target: number;
  /** Cuts every connection, in the middle of whatever it carries. Answers how many there were. */
  cut(): number;
  close(): void;
}

export async function startProxy(target: number): Promise<TcpProxy> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const behind = connect(proxy.target, '127.0.0.1');
    const end = () => {
      client.destroy();
      behind.destroy();
      open.delete(client);
    };
    open.add(client);
    for (const socket of [client, behind]) socket.on('error', end).on('close', end);
    client.pipe(behind).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: TcpProxy = {
    port,
    target,
    cut() {
      const cut = open.size;
      for (const client of open) client.destroy();
      return cut;
    },
    close() {
      proxy.cut();
      server.close();
    },
  };
  return proxy;
}
