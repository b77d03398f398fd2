import type { Incoming } from './pipeline.ts';

/** A shorter one may be a word that stands in the data for itself. */
const FEWEST_CHARACTERS = 16;
const REMOVED = '[redacted]';

/**
 * The answer without the credential that the call carried. Systems repeat it: in the next link of a page whose key is
 * in the query, in an error that quotes the request. What is staged, kept as a position or shown must not hold it.
 */
export function withoutCredential(answer: Incoming, credential: string): Incoming {
  if (credential.length < FEWEST_CHARACTERS) return answer;
  const forms = new Set([credential, encodeURIComponent(credential), JSON.stringify(credential).slice(1, -1)]);
  let { body, headers } = answer;
  for (const form of forms) {
    if (body.includes(form)) body = replaced(body, form);
    if (Object.values(headers).some((value) => value.includes(form)))
      headers = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, value.replaceAll(form, REMOVED)]),
      );
  }
  return body === answer.body && headers === answer.headers ? answer : { ...answer, body, headers };
}

/** Bytes that are not text stay as they are: latin1 maps each to one character and back. */
const replaced = (body: Buffer, form: string): Buffer =>
  Buffer.from(body.toString('latin1').replaceAll(Buffer.from(form, 'utf8').toString('latin1'), REMOVED), 'latin1');
