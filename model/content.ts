/**
 * The JSON of a record as UTF-8, in a block that it shares with others. As texts, the records of a batch would be copied
 * by one collection of garbage after the other.
 */
export class Content {
  readonly #block: Buffer;
  readonly #start: number;
  readonly #end: number;

  constructor(block: Buffer, start: number, end: number) {
    this.#block = block;
    this.#start = start;
    this.#end = end;
  }

  /** Made anew each time. */
  get text(): string {
    return this.#block.toString('utf8', this.#start, this.#end);
  }

  get length(): number {
    return this.#end - this.#start;
  }

  get bytes(): Buffer {
    return this.#block.subarray(this.#start, this.#end);
  }

  /** Answers where it ends in the target. */
  copyTo(target: Buffer, at: number): number {
    return at + this.#block.copy(target, at, this.#start, this.#end);
  }
}

/** Bytes of a block: some thousand records, so that few are asked for, and little is kept alive by the last of them. */
const BLOCK_BYTES = 1024 * 1024;

/** A character of JavaScript takes three bytes of UTF-8 at the most. */
const MOST_BYTES = 3;

/** Puts one text after the other into blocks. */
export class Blocks {
  #block = Buffer.alloc(0);
  #at = 0;

  write(text: string): Content {
    // A large text would leave a good part of a block unused.
    if (text.length > BLOCK_BYTES / 16) return contentOf(text);
    if (this.#block.length - this.#at < text.length * MOST_BYTES) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#at = 0;
    }
    const start = this.#at;
    this.#at += this.#block.write(text, start);
    return new Content(this.#block, start, this.#at);
  }
}

/** Of a text that stands alone. */
export function contentOf(text: string): Content {
  const block = Buffer.from(text);
  return new Content(block, 0, block.length);
}
