import { malformed } from './failures.ts';

export const encodings = ['utf-8', 'latin1', 'windows-1252', 'utf-16le'] as const;
export type Encoding = (typeof encodings)[number];

/** Whether each byte is a character: then a text is read as ISO-8859-1 first, and `byteText` says what it is. */
export const isByteWise = (encoding: Encoding): boolean => encoding === 'latin1' || encoding === 'windows-1252';

/** The characters of windows-1252 from 80 to 9F; a space where it has none (Unicode, Mappings, CP1252.TXT). */
const HIGH = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';
const high = /[\x80-\x9f]/;
const allHigh = /[\x80-\x9f]/g;

/** A text of which each character stands for a byte, in its encoding. Throws FILE_MALFORMED for bytes that this does not have. */
export function byteText(text: string, encoding: Encoding, place: () => string): string {
  if (!isByteWise(encoding) || !high.test(text)) return text;
  if (encoding === 'latin1')
    throw malformed(
      place(),
      "bytes from 80 to 9F, where latin1 has no characters: the file is probably `encoding: 'windows-1252'`",
    );
  return text.replace(allHigh, (character) => {
    const meant = HIGH[character.charCodeAt(0) - 0x80] ?? ' ';
    if (meant === ' ') throw malformed(place(), 'a byte that windows-1252 has no character for');
    return meant;
  });
}

const marks: readonly (readonly [name: string, encoding: Encoding | undefined, bytes: readonly number[]])[] = [
  ['UTF-8', 'utf-8', [0xef, 0xbb, 0xbf]],
  ['UTF-16', 'utf-16le', [0xff, 0xfe]],
  ['UTF-16 with the high byte first', undefined, [0xfe, 0xff]],
];

/** Throws FILE_MALFORMED for a file that begins with the byte order mark of another encoding than is stated. */
export function refuseOtherEncoding(start: Buffer, encoding: Encoding, file: string): void {
  const found = marks.find(([, , bytes]) => bytes.every((byte, index) => start[index] === byte));
  if (found === undefined || found[1] === encoding) return;
  const [name, right] = found;
  const todo = right === undefined ? 'write it as UTF-8' : `say \`encoding: '${right}'\``;
  throw malformed(file, `it begins as a file in ${name}, the sync says ${encoding}: ${todo}`);
}
