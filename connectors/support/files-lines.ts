import { TextDecoder } from 'node:util';
import { SyncFailure } from '../../model/failure.ts';
import type { Json } from '../../model/json.ts';
import { parseExact } from './exact-json.ts';
import { at, malformed } from './files-failures.ts';

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
  encoding: string,
): AsyncIterable<Line> {
  const wide = encoding === 'utf-16le';
  const decoder = new TextDecoder(encoding, { fatal: true });
  let rest: Buffer = Buffer.alloc(0);
  let { offset, lines } = from;
  const line = (bytes: Buffer, complete: boolean): Line => {
    offset += bytes.length;
    lines++;
    return { text: lineText(decoder, bytes, at(file, lines)), number: lines, end: offset, complete };
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

function lineText(decoder: TextDecoder, bytes: Buffer, place: string): string {
  try {
    return decoder.decode(bytes).replace(/\r?\n$/, '');
  } catch {
    throw malformed(place, 'bytes that the encoding does not allow');
  }
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
