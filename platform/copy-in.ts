import type { Connection, PoolClient, Submittable } from 'pg';

/**
 * `COPY … FROM STDIN` in one round trip: the statement, its rows in the text format and their end leave together, without
 * waiting for the server to be ready for them. Where it refuses the statement or a row it drops what follows (PostgreSQL
 * manual, "Message Flow", "COPY Operations"). Rejects with what the driver rejects a query with.
 */
export const copyIn = (client: PoolClient, text: string, chunks: Iterable<string | Buffer>): Promise<void> =>
  new Promise((resolve, reject) => {
    client.query(
      new CopyIn(text, chunks, (error) => {
        if (error) reject(error);
        else resolve();
      }),
    );
  });

/** The types of the messages that carry rows, and end them (same manual, "Message Formats"). */
const COPY_DATA = 0x64;
const COPY_DONE = 0x63;

/** A query as the driver takes it: it calls `submit` when the connection is free, then what fits to what the server says. */
class CopyIn implements Submittable {
  /** The driver puts its time limit around it. */
  callback: (error: Error | null) => void;
  readonly #text: string;
  readonly #chunks: Iterable<string | Buffer>;

  constructor(text: string, chunks: Iterable<string | Buffer>, callback: (error: Error | null) => void) {
    this.#text = text;
    this.#chunks = chunks;
    this.callback = callback;
  }

  submit(connection: Connection): void {
    const { stream } = connection;
    stream.cork();
    connection.query(this.#text);
    for (const chunk of this.#chunks) {
      const rows = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      stream.write(header(COPY_DATA, rows.length));
      stream.write(rows);
    }
    stream.write(header(COPY_DONE, 0));
    stream.uncork();
  }

  handleCopyInResponse(): void {}

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.callback(null);
  }

  handleError(error: Error): void {
    this.callback(error);
  }
}

/** Of a message: its type, and its length with the four bytes of the length itself. */
function header(type: number, bytes: number): Buffer {
  const head = Buffer.allocUnsafe(5);
  head[0] = type;
  head.writeUInt32BE(bytes + 4, 1);
  return head;
}
