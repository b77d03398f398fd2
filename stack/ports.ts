import { createServer } from 'node:net';

const host = '127.0.0.1';

/** A free port of loopback: the usual one when it is free. */
export async function choosePort(usual: number): Promise<number> {
  return (await tryPort(usual)) ?? anyFreePort();
}

export const isPortFree = async (port: number): Promise<boolean> => (await tryPort(port)) !== null;

export async function anyFreePort(): Promise<number> {
  const port = await tryPort(0);
  if (port === null) throw new Error('no free port on 127.0.0.1');
  return port;
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const chosen = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(chosen));
    });
  });
}
