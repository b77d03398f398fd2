/** What one process has open of a transport. */
export interface OpenedTransport<Config, Door> {
  /** The same door for the same configuration. `onCall`: told before each call through it. */
  open(config: Config, onCall?: () => void): Door;
  close(): Promise<void>;
}
