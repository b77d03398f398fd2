import { type Connection, type PoolClient, Query, type QueryConfig, type QueryResult } from 'pg';

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
export const copyIn = (client: PoolClient, copy: Copy): Promise<void> => send(client, copy, CopyIn);

/**
 * A COPY and a statement, both or neither, in one round trip: what is sent before one Sync is one transaction (same
 * chapter, "Pipelining"). After a failure the connection is to be thrown away: the driver cannot know which statements
 * the server has prepared.
 */
export const copyThen = (client: PoolClient, copy: Copy, statement: Statement): Promise<void> =>
  send(client, copy, CopyThen, statement);

type Done = (error: Error | undefined, result: QueryResult) => void;
type CopyQuery = new (statement: Statement, copy: Copy, messages: readonly Buffer[], done: Done) => Query;

const send = (
  client: PoolClient,
  copy: Copy,
  Kind: CopyQuery,
  statement: Statement = { text: copy.text, values: [] },
): Promise<void> =>
  new Promise((resolve, reject) => {
    const messages = [...messagesOf(copy.rows)];
    client.query(
      new Kind(statement, copy, messages, (error) => {
        if (error) reject(error);
        else resolve();
      }),
    );
  });

/** The driver's own query, with rows behind it. */
class CopyIn extends Query {
  constructor(statement: Statement, { text }: Copy, messages: readonly Buffer[], done: Done) {
    super(statement, done);
    this.submit = (connection) =>
      together(connection, () => {
        connection.query(text);
        for (const message of messages) connection.stream.write(message);
      });
  }

  /** The driver calls it when the server is ready for rows, which are on their way. */
  handleCopyInResponse(): void {}
}

/** The driver's own query, with a COPY before it. */
class CopyThen extends Query {
  constructor(statement: Statement, { text }: Copy, messages: readonly Buffer[], done: Done) {
    super(statement, done);
    const submit = this.submit.bind(this);
    // What the driver answers is the error for which it has not sent the statement.
    this.submit = (connection) =>
      together(connection, () => {
        connection.parse({ name: '', text, types: [] }, true);
        connection.bind({}, true);
        connection.execute({}, true);
        for (const message of messages) connection.stream.write(message);
        return submit(connection);
      });
  }

  handleCopyInResponse(): void {}
}

/** In one write. */
function together<T>({ stream }: Connection, write: () => T): T {
  stream.cork();
  try {
    return write();
  } finally {
    stream.uncork();
  }
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
