import { isAscii, isUtf8, transcode } from 'node:buffer';
import { type Json, parseExact, valueAt } from '../../index.ts';

/** Pieces of about this size stay in the processor's cache, and their texts in the memory of what is young. */
const PIECE_BYTES = 48 * 1024;

/** Nothing that a source sends by chance. */
const MARK = `piece-${crypto.randomUUID()}`;
const MARK_JSON = JSON.stringify(MARK);

const END = Buffer.from('},');
/** What is longer is no name that all records begin with. */
const LONGEST_NAME = 100;

export interface PieceRules {
  /** Where the list stands (a JSON pointer, or a name). */
  readonly list: string;
  /** Default: PIECE_BYTES. */
  readonly pieceBytes?: number;
  /** Documents that cannot be cut so: they would cost twice each time. Default: those of this process. */
  readonly wrong?: Set<string>;
}

/**
 * Parses a document with a long list of objects, in pieces of some records: all of it at once would be a text of
 * megabytes that is read three times. Undefined where that cannot be done, or might say something else than parsing it at
 * once; never throws.
 *
 * The list is cut where one object ends and the next begins, as far as the bytes tell. A cut may be wrong, within a text
 * or a nested list, so it counts only when each piece is a list by itself, and when the rest, with a mark in the place
 * of the pieces, is a document that has the mark as the first element of the list. Then the document with the pieces in
 * the place of the mark is what was received: JSON (RFC 8259, 5) has no other way to read it.
 */
export function parseInPieces(body: Buffer, rules: PieceRules): Json | undefined {
  const { list, pieceBytes = PIECE_BYTES, wrong = wrongOfProcess } = rules;
  if (body.length < 2 * pieceBytes) return undefined;
  const start = body.indexOf('[{"') + 1;
  const nameEnd = body.indexOf('"', start + 2) + 1;
  if (start === 0 || nameEnd === 0 || nameEnd - start > LONGEST_NAME) return undefined;
  const boundary = Buffer.concat([END, body.subarray(start, nameEnd)]);
  const kind = `${list} ${boundary}`;
  if (wrong.has(kind) || !isUtf8(body)) return undefined;
  const commas = commasBetween(body, boundary, start, pieceBytes);
  const last = commas.at(-1);
  if (last === undefined) return undefined;
  try {
    const document = parseExact(
      `${utf8.decode(body.subarray(0, start))}${MARK_JSON},${utf8.decode(body.subarray(last + 1))}`,
    );
    const found = listOf(valueAt(document, list));
    if (found[0] !== MARK) throw new TypeError('not the list');
    const rest = found.splice(0).slice(1);
    let at = start;
    for (const comma of commas) {
      for (const record of listOf(parseExact(listText(body, at, comma)))) found.push(record);
      at = comma + 1;
    }
    for (const record of rest) found.push(record);
    return document;
  } catch {
    if (wrong.size < MOST_WRONG) wrong.add(kind);
    return undefined;
  }
}

/** Where a piece ends, each after about so many bytes. */
function commasBetween(body: Buffer, boundary: Buffer, start: number, pieceBytes: number): readonly number[] {
  const commas: number[] = [];
  for (let at = start; ; ) {
    const comma = body.indexOf(boundary, at + pieceBytes) + 1;
    if (comma === 0) return commas;
    commas.push(comma);
    at = comma + 1;
  }
}

/** By their list, and what was taken for a boundary. */
const wrongOfProcess = new Set<string>();
const MOST_WRONG = 1_000;

/** Leaves out a byte order mark. What it is given has been found to be UTF-8. */
const utf8 = new TextDecoder();

/** For a piece that is no longer than usual. */
const room = Buffer.allocUnsafeSlow(2 * PIECE_BYTES);

/**
 * The bytes as a text, between brackets. By way of UTF-16, which node's library makes in a tenth of the time that V8
 * takes to read UTF-8.
 */
function listText(body: Buffer, from: number, to: number): string {
  const length = to - from + 2;
  const bytes = length <= room.length ? room.subarray(0, length) : Buffer.allocUnsafeSlow(length);
  bytes[0] = OPEN;
  body.copy(bytes, 1, from, to);
  bytes[length - 1] = CLOSE;
  return isAscii(bytes) ? bytes.toString('latin1') : transcode(bytes, 'utf8', 'utf16le').toString('utf16le');
}

const OPEN = 91;
const CLOSE = 93;

function listOf(value: unknown): Json[] {
  if (!Array.isArray(value)) throw new TypeError('not a list');
  return value;
}
