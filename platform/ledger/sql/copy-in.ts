import { type Connection, type PoolClient, Query, type QueryConfig } from 'pg';

/** A `COPY … FROM STDIN` and its rows, in the format that it states. All of it is held in memory. */
export interface Copy {
  readonly text: string;
  readonly rows: Iterable<string | Buffer>;
}

/** A statement whose values are what the driver sends as it is. */
export interface Statement extends QueryConfig {
  readonly values: (string | number | Buffer | null)[];
}

/**
 * A COPY in one round trip: the statement, its rows and their end leave together, without waiting for the server to be
 * ready for them. Where it refuses the statement or a row it drops what follows (PostgreSQL manual, "Message Flow", "COPY
 * Operations"). Rejects with what the driver rejects a query with, or with what the rows throw: then nothing was sent.
 */
export async function copyIn(client: PoolClient, { text, rows }: Copy): Promise<void> {
  const messages = [...messagesOf(rows)];
  await inOneWrite(client, { text }, (connection, submit) => {
    const refused = submit(connection);
    for (const message of messages) connection.stream.write(message);
    return refused;
  });
}

/**
 * A COPY and a statement, both or neither, in one round trip: what is sent before one Sync is one transaction (same
 * chapter, "Pipelining"). After a failure the connection is to be thrown away: the driver cannot know which statements
 * the server has prepared.
 */
export async function copyThen(client: PoolClient, { text, rows }: Copy, statement: Statement): Promise<void> {
  const messages = [...messagesOf(rows)];
  await inOneWrite(client, statement, (connection, submit) => {
    connection.parse({ name: '', text, types: [] }, true);
    connection.bind({}, true);
    connection.execute({}, true);
    for (const message of messages) connection.stream.write(message);
    return submit(connection);
  });
}

/** Sends a query by the driver's own `submit`, and what belongs to it; answers what that answers: an error, or nothing. */
type Write = (connection: Connection, submit: Query['submit']) => unknown;

const inOneWrite = (client: PoolClient, statement: QueryConfig, write: Write): Promise<void> =>
  new Promise((resolve, reject) => {
    client.query(
      new CopyQuery(statement, write, (error) => {
        if (error) reject(error);
        else resolve();
      }),
    );
  });

class CopyQuery extends Query {
  constructor(statement: QueryConfig, write: Write, done: (error: Error | undefined) => void) {
    super(statement, done);
    const submit = this.submit.bind(this);
    this.submit = (connection) => {
      connection.stream.cork();
      try {
        return write(connection, submit);
      } finally {
        connection.stream.uncork();
      }
    };
  }

  /** The driver calls it when the server is ready for rows, which are on their way. */
  handleCopyInResponse(): void {}
}

/** The types of the messages that carry rows, and end them (same manual, "Message Formats"). */
const COPY_DATA = 0x64;
const COPY_DONE = 0x63;

function* messagesOf(rows: Copy['rows']): Iterable<Buffer> {
  for (const part of rows) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    yield header(COPY_DATA, bytes.length);
    yield bytes;
  }
  yield header(COPY_DONE, 0);
}

/** Of a message: its type, and its length with the four bytes of the length itself. */
function header(type: number, bytes: number): Buffer {
  const head = Buffer.allocUnsafe(5);
  head[0] = type;
  head.writeUInt32BE(bytes + 4, 1);
  return head;
}
