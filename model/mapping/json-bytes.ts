/**
 * Parts of JSON text, written as UTF-8 into a block: what `JSON.stringify` would write. Each answers where it ends,
 * which lies beyond the end of the block when that had no room; what is in the block then means nothing.
 */

/** Beyond so many characters the text is written by Node, whose start costs more than it saves for a short one. */
const LONG_CHARACTERS = 128;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export function putText(block: Buffer, start: number, text: string): number {
  if (text.length > LONG_CHARACTERS) return putAny(block, start, text);
  let at = start;
  block[at++] = QUOTE;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === QUOTE || code === BACKSLASH || code >= 0x800) return putAny(block, start, text);
    if (code >= 0x80) {
      block[at++] = 0xc0 | (code >> 6);
      block[at++] = 0x80 | (code & 0x3f);
    } else block[at++] = code;
  }
  block[at++] = QUOTE;
  return at;
}

/** Numbers below are written digit by digit. */
const DIGITS_BELOW = 1e9;

/** A finite number. */
export function putNumber(block: Buffer, at: number, value: number): number {
  if (!(value >= 0 && value < DIGITS_BELOW && Number.isInteger(value))) return putAscii(block, at, String(value));
  let end = at + 1;
  for (let rest = value; rest >= 10; rest = Math.trunc(rest / 10)) end++;
  let rest = value;
  for (let place = end - 1; place >= at; place--) {
    const more = Math.trunc(rest / 10);
    block[place] = 0x30 + rest - more * 10;
    rest = more;
  }
  return end;
}

/** Whatever JSON has a text for. */
export function putAny(block: Buffer, at: number, value: unknown): number {
  const json = JSON.stringify(value);
  // Node would write as much as there is room for.
  if (Buffer.byteLength(json) > block.length - at) return block.length + 1;
  return at + block.write(json, at);
}

export function putBytes(block: Buffer, at: number, bytes: Uint8Array): number {
  for (let index = 0; index < bytes.length; index++) block[at + index] = bytes[index] ?? 0;
  return at + bytes.length;
}

function putAscii(block: Buffer, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) block[at + index] = text.charCodeAt(index);
  return at + text.length;
}
