/**
 * Text of records and of other people's systems, made safe for a terminal: control characters (which can move the
 * cursor, retitle the window or hide text) and direction overrides are shown as escapes.
 */
export const safeText = (text: string): string =>
  text.replace(
    unsafe,
    (character) => namedEscapes[character] ?? `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is its purpose
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g;

const namedEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** How many cells a text takes on a terminal: none for combining marks, two for wide characters. Without styles. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += combining.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

const combining = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const wide =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]$|^\p{Extended_Pictographic}$/u;

/** At most `cells` wide; what was cut shows as `…`. */
export function cutText(text: string, cells: number): string {
  if (textWidth(text) <= cells) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += textWidth(character);
    if (width > cells - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

export const padText = (text: string, cells: number, align: 'left' | 'right' = 'left'): string => {
  const gap = ' '.repeat(Math.max(0, cells - textWidth(text)));
  return align === 'left' ? text + gap : gap + text;
};
