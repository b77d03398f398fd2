const special = /[\\\t\n\r]/;
const allSpecial = /[\\\t\n\r]/g;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

const escaped = /\\(.)/g;
const meanings: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' };

/** A text as one field in the text format of COPY (PostgreSQL manual, COPY, "Text Format"). */
export const copyText = (text: string): string =>
  special.test(text) ? text.replace(allSpecial, (character) => escapes[character] ?? character) : text;

/** The text that such a field stands for. */
export const copiedText = (field: string): string =>
  field.includes('\\') ? field.replace(escaped, (_, character: string) => meanings[character] ?? character) : field;
