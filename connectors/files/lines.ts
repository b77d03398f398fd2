import { TextDecoder } from 'node:util';
import { type Json, parseExact, SyncFailure } from '../../index.ts';
import { byteText, type Encoding, isByteWise } from './encoding.ts';
import { at, malformed } from './failures.ts';

/** A line longer than this is no record but a wrong file. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** A line of a file with the place after it: the byte offset from the file's start, and the next line's number. */
export interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  readonly end: number;
  /** Whether a line break ends it; false only for the last line of a file. */
  readonly complete: boolean;
}

/** Where reading stands in a file. */
export interface FilePlace {
  readonly offset: number;
  /** Lines before it. */
  readonly lines: number;
}

/** Cuts bytes into lines. Line breaks are LF or CRLF; a byte order mark is left out. Memory: one line. */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  file: string,
  from: FilePlace,
  encoding: Encoding,
): AsyncIterable<Line> {
  const wide = encoding === 'utf-16le';
  const decode = decoderOf(encoding);
  let rest: Buffer = Buffer.alloc(0);
  let { offset, lines } = from;
  const line = (bytes: Buffer, complete: boolean): Line => {
    offset += bytes.length;
    lines++;
    return { text: lineText(decode, bytes, at(file, lines)), number: lines, end: offset, complete };
  };
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = lineEnd(rest, 0, wide); end !== -1; end = lineEnd(rest, start, wide)) {
      yield line(rest.subarray(start, end), true);
      start = end;
    }
    rest = rest.subarray(start);
    if (rest.length > MAX_LINE_BYTES)
      throw malformed(at(file, lines + 1), `a line of more than ${MAX_LINE_BYTES} bytes`);
  }
  if (rest.length > 0) yield line(rest, false);
}

/** The position after the next line break, or -1. In UTF-16 a break is two bytes at an even place. */
function lineEnd(bytes: Buffer, start: number, wide: boolean): number {
  if (!wide) return bytes.indexOf(0x0a, start) + 1 || -1;
  for (let i = bytes.indexOf(0x0a, start); i !== -1; i = bytes.indexOf(0x0a, i + 1))
    if ((i - start) % 2 === 0 && bytes[i + 1] === 0) return i + 2;
  return -1;
}

type Decode = (bytes: Buffer, place: string) => string;

/** Node's own decoder takes `latin1` and `windows-1252` for one or the other, depending on its version. */
function decoderOf(encoding: Encoding): Decode {
  if (isByteWise(encoding)) return (bytes, place) => byteText(bytes.toString('latin1'), encoding, () => place);
  const decoder = new TextDecoder(encoding, { fatal: true });
  return (bytes, place) => {
    try {
      return decoder.decode(bytes);
    } catch {
      throw malformed(place, 'bytes that the encoding does not allow');
    }
  };
}

const lineText = (decode: Decode, bytes: Buffer, place: string): string => decode(bytes, place).replace(/\r?\n$/, '');

/** `lf`: LF or CRLF. `cr`: CR alone, as old programs of the Macintosh write. */
export type LineBreaks = 'lf' | 'cr';

/** What ends the first row of CSV that begins so: a break within quotes ends none. */
export function lineBreaksOf(start: Buffer, { quote, encoding }: { quote: string; encoding: Encoding }): LineBreaks {
  const text = start.toString(encoding === 'utf-16le' ? 'utf16le' : 'latin1');
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === quote) quoted = !quoted;
    else if (!quoted && character === '\n') return 'lf';
    else if (!quoted && character === '\r') return text[index + 1] === '\n' ? 'lf' : 'cr';
  }
  return 'lf';
}

/** The record of a line of JSON Lines; undefined for a blank line. */
export function jsonOfLine(line: Line, file: string): Json | undefined {
  if (line.text.trim() === '') return undefined;
  try {
    return parseExact(line.text);
  } catch {
    if (line.complete) throw malformed(at(file, line.number), 'the line is not JSON');
    throw new SyncFailure(
      'SOURCE_INCOMPLETE',
      `${at(file, line.number)}: the last line is cut off; is it being written?`,
      {
        effect: 'none',
      },
    );
  }
}
