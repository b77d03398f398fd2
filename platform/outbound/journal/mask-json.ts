/** What stands in place of a hidden value. */
export const MASK = '[redacted]';

/** Whether the value at these names is hidden; items of a list take no step. */
export type Hides = (path: readonly string[]) => boolean;

const QUOTE = 34;
const BACKSLASH = 92;

/**
 * JSON text with the hidden values masked. Works on a text that is cut anywhere, as the head of a body is: a value that
 * has begun is masked to the end. What is no JSON comes back as it is. One pass, no parse.
 */
export function maskJson(text: string, hides: Hides): string {
  const pieces: string[] = [];
  /** The names that lead to where the scan stands; null for a list. */
  const levels: (string | null)[] = [];
  const path: string[] = [];
  let kept = 0;
  let at = 0;
  let expectsName = false;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (!expectsName) {
        at = end;
        continue;
      }
      path[path.length - 1] = nameOf(text.slice(at + 1, end - 1));
      expectsName = false;
      const start = startOfValue(text, end);
      at = start;
      if (start === end || !hides(path)) continue;
      at = endOfValue(text, start);
      pieces.push(text.slice(kept, start), `"${MASK}"`);
      kept = at;
      continue;
    }
    if (code === 123) {
      levels.push('');
      path.push('');
      expectsName = true;
    } else if (code === 91) {
      levels.push(null);
      expectsName = false;
    } else if (code === 125 || code === 93) {
      if (levels.pop() !== null && path.length > 0) path.pop();
      expectsName = false;
    } else if (code === 44) expectsName = levels.length > 0 && levels[levels.length - 1] !== null;
    at++;
  }
  pieces.push(text.slice(kept));
  return pieces.join('');
}

/** After the closing quote; the end of the text where it is cut. */
function endOfString(text: string, quote: number): number {
  for (let at = text.indexOf('"', quote + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
  return text.length;
}

/** Where the value after a name begins; `end` itself where none follows. */
function startOfValue(text: string, end: number): number {
  let at = skipSpace(text, end);
  if (text[at] !== ':') return end;
  at = skipSpace(text, at + 1);
  return at < text.length ? at : end;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return at;
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at) - 1;
      if (depth === 0) return at + 1;
    } else if (code === 123 || code === 91) depth++;
    else if (code === 125 || code === 93) {
      if (depth <= 1) return depth === 0 ? at : at + 1;
      depth--;
    } else if (code === 44 && depth === 0) return at;
  }
  return text.length;
}

function nameOf(raw: string): string {
  if (!raw.includes('\\')) return raw;
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch {
    return raw;
  }
}
