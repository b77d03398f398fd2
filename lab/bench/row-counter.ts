import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy before PostgreSQL that counts the rows that pass, by what the wire protocol (version 3) says, and nothing else. */
export interface RowCounter {
  readonly port: number;
  /** Rows that the server sent (`DataRow`), and rows that were sent to it by COPY, since the last `reset`. */
  readonly counted: { fromServer: number; toServer: number };
  reset(): void;
  close(): Promise<void>;
}

const DATA_ROW = 'D'.charCodeAt(0);
const COPY_DATA = 'd'.charCodeAt(0);
const NEW_LINE = '\n'.charCodeAt(0);

export async function startRowCounter(serverPort: number): Promise<RowCounter> {
  const counted = { fromServer: 0, toServer: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    // The first message of a client has no type byte.
    const toServer = messages(false, (type, body) => {
      if (type === COPY_DATA) for (const byte of body) if (byte === NEW_LINE) counted.toServer++;
    });
    const fromServer = messages(true, (type) => {
      if (type === DATA_ROW) counted.fromServer++;
    });
    client.on('data', toServer).pipe(upstream);
    upstream.on('data', fromServer).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    counted,
    reset: () => void Object.assign(counted, { fromServer: 0, toServer: 0 }),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Cuts a stream into messages: a type byte, four bytes of length, the body. */
function messages(typed: boolean, take: (type: number, body: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let hasType = typed;
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      const head = hasType ? 5 : 4;
      if (rest.length - at < head) break;
      const end = at + head + rest.readUInt32BE(at + head - 4) - 4;
      if (rest.length < end) break;
      if (hasType) take(rest[at] ?? 0, rest.subarray(at + head, end));
      hasType = true;
      at = end;
    }
    rest = rest.subarray(at);
  };
}
