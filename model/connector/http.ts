export interface HttpClient {
  /**
   * One call. Address, authentication, limits, time-outs, size limits and error sorting are the door's business.
   * Resolves for 2xx, and for 400, 404, 409, 412, 413 and 422, whose meaning the connector knows; every other
   * answer is thrown as SyncFailure. Never retries: Temporal does.
   */
  request(call: HttpCall): Promise<HttpAnswer>;
}

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  /** Joined to the address of the connection; or a whole URL on the same host (a next link). */
  readonly path: string;
  /** The path as messages show it, such as `/orders/{key}`. Default: `path` without its query. */
  readonly route?: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Keys of the records that it carries or asks for: the journal finds the call by them. */
  readonly keys?: readonly string[];
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}
