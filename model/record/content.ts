// Our declarations name Buffer, and a project's compiler includes no types of Node by itself.
/// <reference types="node" preserve="true" />

/**
 * The JSON of a record as UTF-8, in a block that it shares with others, each followed by a comma. As texts, the records
 * of a batch would be copied by one collection of garbage after the other.
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

  /** Whether this text stands in it, as it is written there. */
  includes(text: string): boolean {
    return this.bytes.includes(text);
  }

  get bytes(): Buffer {
    return this.#block.subarray(this.#start, this.#end);
  }

  /** Has its bytes looked at where they lie. */
  read<D, T>(by: (block: Buffer, start: number, end: number, data: D) => T, data: D): T {
    return by(this.#block, this.#start, this.#end, data);
  }

  /** Answers where it ends in the target. */
  copyTo(target: Buffer, at: number): number {
    return at + this.#block.copy(target, at, this.#start, this.#end);
  }

  /** Puts the contents into the target, with a comma between them. Answers where they end. */
  static copyList(contents: readonly Content[], target: Buffer, start: number): number {
    let at = start;
    for (let index = 0; index < contents.length; ) {
      const first = contents[index];
      if (first === undefined) break;
      // Neighbours in a block have the comma between them already: most of a list is a few copies.
      let last = first;
      for (let next = contents[++index]; next && last.#isBefore(next); next = contents[++index]) last = next;
      if (at > start) target[at++] = COMMA;
      at += first.#block.copy(target, at, first.#start, last.#end);
    }
    return at;
  }

  #isBefore(next: Content): boolean {
    return next.#block === this.#block && next.#start === this.#end + 1;
  }
}

const COMMA = 0x2c;

/** Bytes of a block: some thousand records, so that few are asked for, and little is kept alive by the last of them. */
const BLOCK_BYTES = 1024 * 1024;

/** Beyond this a text stands alone: it would leave a good part of a block unused. */
const LARGE_BYTES = BLOCK_BYTES / 16;

/** A character of JavaScript takes three bytes of UTF-8 at the most. */
const MOST_BYTES = 3;

/** Puts one text after the other into blocks, with a comma between them. */
export class Blocks {
  #block = Buffer.alloc(0);
  #at = 0;
  #wasLarge = false;

  write(text: string): Content {
    this.#wasLarge = text.length > LARGE_BYTES;
    if (this.#wasLarge) return contentOf(text);
    if (this.#room < text.length * MOST_BYTES) this.#begin();
    return this.#took(this.#at + this.#block.write(text, this.#at));
  }

  /**
   * Has it written where it is to be. `put` answers where it ends: beyond the end of the block when that had no room.
   * Undefined when it has more than `mostBytes`, or is large, and then without trying until a text that is not: large
   * records come together.
   */
  writeBy<T>(put: (data: T, block: Buffer, at: number) => number, data: T, mostBytes: number): Content | undefined {
    if (this.#wasLarge) return undefined;
    let end = put(data, this.#block, this.#at);
    if (end > this.#block.length && this.#room < LARGE_BYTES) {
      this.#begin();
      end = put(data, this.#block, this.#at);
    }
    const bytes = end - this.#at;
    this.#wasLarge = bytes > LARGE_BYTES;
    return this.#wasLarge || bytes > mostBytes ? undefined : this.#took(end);
  }

  get #room(): number {
    return this.#block.length - this.#at;
  }

  #begin(): void {
    this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#at = 0;
  }

  #took(end: number): Content {
    const start = this.#at;
    this.#block[end] = COMMA;
    this.#at = Math.min(end + 1, this.#block.length);
    return new Content(this.#block, start, end);
  }
}

/** Of a text that stands alone. */
export function contentOf(text: string): Content {
  const block = Buffer.from(text);
  return new Content(block, 0, block.length);
}
