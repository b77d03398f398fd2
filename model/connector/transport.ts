/**
 * A way to reach systems that the engine opens for connectors, such as the pools of a database or a channel of a queue.
 * This names it, and the types of what is asked and given; what opens it is in `platform/transports/`.
 */
export interface Transport<Config, Door> {
  readonly name: string;
  /** Never there: it only carries the types. */
  readonly types?: (config: Config) => Door;
}

/**
 * Opens a transport: the same door for the same configuration, closed by the engine. `onCall` is told before each call
 * through it.
 */
export type OpenTransport = <Config, Door>(
  transport: Transport<Config, Door>,
  config: Config,
  onCall?: () => void,
) => Door;
