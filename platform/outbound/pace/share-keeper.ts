/** Who has calls under way says so this often, so that its share is not given to others. */
const HEARTBEAT_MS = 2_000;
/** Who has none any more gives its share back after this. */
const IDLE_MS = 300;

/** Keeps a worker's share of the calls at once while it has some under way, and gives it back soon after. */
export class ShareKeeper {
  readonly #tell: () => Promise<void>;
  readonly #isIdle: () => boolean;
  #timer: NodeJS.Timeout | undefined;

  /** `tell` says to the others how many calls are under way. */
  constructor(tell: () => Promise<void>, isIdle: () => boolean) {
    this.#tell = tell;
    this.#isIdle = isIdle;
  }

  /** A call has begun or ended. */
  keep(): void {
    const isIdle = this.#isIdle();
    if (this.#timer !== undefined && !isIdle) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#beat(), isIdle ? IDLE_MS : HEARTBEAT_MS).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #beat(): Promise<void> {
    this.#timer = undefined;
    await this.#tell();
    if (!this.#isIdle()) this.keep();
  }
}
