import {
  type Connection,
  type PoolClient,
  Query,
  type QueryConfig,
  type QueryResult,
  type QueryResultRow,
  type Submittable,
} from 'pg';

/** A `COPY … FROM STDIN` and its rows, in the format that it states. */
export interface Copy {
  readonly text: string;
  readonly rows: Iterable<string | Buffer>;
}

/**
 * A COPY in one round trip: the statement, its rows and their end leave together, without waiting for the server to be
 * ready for them. Where it refuses the statement or a row it drops what follows (PostgreSQL manual, "Message Flow", "COPY
 * Operations"). Rejects with what the driver rejects a query with.
 */
export const copyIn = (client: PoolClient, copy: Copy): Promise<void> =>
  new Promise((resolve, reject) => {
    client.query(
      new CopyIn(copy, (error) => {
        if (error) reject(error);
        else resolve();
      }),
    );
  });

/**
 * A COPY and a statement, both or neither, in one round trip: what is sent before one Sync is one transaction (same
 * chapter, "Pipelining"). Answers the rows of the statement. After a failure the connection is to be thrown away: the
 * driver cannot know which statements the server has prepared.
 */
export const copyThen = <Row extends QueryResultRow>(
  client: PoolClient,
  copy: Copy,
  statement: QueryConfig,
): Promise<Row[]> =>
  new Promise((resolve, reject) => {
    client.query(
      new CopyThen<Row>(copy, statement, (error, results) => {
        if (error) reject(error);
        // The driver gives a list where there are two.
        else resolve([results].flat().at(-1)?.rows ?? []);
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
  readonly #copy: Copy;

  constructor(copy: Copy, callback: (error: Error | null) => void) {
    this.#copy = copy;
    this.callback = callback;
  }

  submit(connection: Connection): void {
    connection.stream.cork();
    connection.query(this.#copy.text);
    sendRows(connection, this.#copy);
    connection.stream.uncork();
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

/** The driver's own query with the COPY before it; it answers a result for each of the two. */
class CopyThen<Row extends QueryResultRow> extends Query<Row> {
  constructor(
    copy: Copy,
    statement: QueryConfig,
    callback: (error: Error | undefined, results: QueryResult<Row>) => void,
  ) {
    super(statement, callback);
    const submit = this.submit.bind(this);
    this.submit = (connection) => {
      connection.stream.cork();
      connection.parse({ name: '', text: copy.text, types: [] }, true);
      connection.bind({}, true);
      connection.execute({}, true);
      sendRows(connection, copy);
      submit(connection);
      connection.stream.uncork();
    };
  }

  handleCopyInResponse(): void {}
}

function sendRows({ stream }: Connection, { rows }: Copy): void {
  for (const part of rows) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    stream.write(header(COPY_DATA, bytes.length));
    stream.write(bytes);
  }
  stream.write(header(COPY_DONE, 0));
}

/** Of a message: its type, and its length with the four bytes of the length itself. */
function header(type: number, bytes: number): Buffer {
  const head = Buffer.allocUnsafe(5);
  head[0] = type;
  head.writeUInt32BE(bytes + 4, 1);
  return head;
}
