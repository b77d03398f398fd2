import type { Call, CallDetail } from '../../model/connection/call.ts';

export interface CurlCommand {
  readonly lines: readonly string[];
  /** What whoever uses it has to know. */
  readonly notes: readonly string[];
}

/** Headers that curl makes itself, or that would ask for an answer that a terminal cannot show. */
const leftOut = new Set(['host', 'content-length', 'connection', 'accept-encoding', 'transfer-encoding']);

/**
 * The call as a command for a POSIX shell. Pure. Every value is quoted, so that nothing that a system or a record said is
 * ever executed; a secret stands there as a variable in double quotes.
 */
export function curlLines(call: Pick<Call, 'method' | 'requestBytes'>, detail: CallDetail): CurlCommand {
  const { requestBody: body, url, requestHeaders } = detail;
  const parts = [`curl -g -X ${call.method} ${quoted(url)}`];
  for (const [name, value] of Object.entries(requestHeaders))
    if (!leftOut.has(name)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (call.requestBytes > 0)
    parts.push(body === null || body.cut ? '--data-binary @body' : `--data-binary ${quoted(body.text)}`);
  const text = parts.join(' \\\n  ');
  return { lines: text.split('\n'), notes: notesOn(call, detail) };
}

const SECRET = /\[(?:secret:([A-Z_][A-Z0-9_]*)|redacted)\]/g;

/** Within single quotes nothing is special but the quote itself; a secret is put between two such pieces. */
function quoted(text: string): string {
  let result = '';
  let at = 0;
  for (const match of text.matchAll(SECRET)) {
    result += `${single(text.slice(at, match.index))}"$${match[1] ?? 'SECRET'}"`;
    at = match.index + match[0].length;
  }
  const rest = text.slice(at);
  return rest === '' && result !== '' ? result : result + single(rest);
}

const single = (text: string): string => (text === '' ? '' : `'${text.replaceAll("'", `'\\''`)}'`);

function notesOn({ requestBytes }: Pick<Call, 'requestBytes'>, detail: CallDetail): readonly string[] {
  const { requestBody: body } = detail;
  const sent = JSON.stringify([detail.url, detail.requestHeaders, body?.text]);
  const names = [...new Set([...sent.matchAll(SECRET)].map((match) => match[1] ?? 'SECRET'))];
  return [
    ...(names.length > 0 ? [`set first: ${names.join(', ')}`] : []),
    ...(sent.includes('[redacted]')
      ? ['SECRET stands for what was redacted: a credential, or a field that the mapping marks']
      : []),
    ...(requestBytes > 0 && (body === null || body.cut)
      ? [`the body of ${requestBytes} bytes is not in the journal as a whole: put it into the file \`body\``]
      : []),
  ];
}
