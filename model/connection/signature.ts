import { didYouMean } from '../text/near-name.ts';

/** What a template of a signed request may use, and what it becomes. */
const signatureFields = {
  method: 'the method, in capitals',
  host: 'the host, with its port where the address has one',
  path: 'the path of the address, encoded as it is sent',
  query: 'the query as it is sent, without `?`; empty when there is none',
  pathAndQuery: 'the path, and `?` with the query where there is one',
  url: 'the whole address',
  timestamp: 'the time of the request, in the form of `timestamp`',
  nonce: 'a random number for each request, in hexadecimal',
  body: 'the body',
  bodyHash: 'the hash of the body, by the same algorithm, in the form of `bodyHash`',
  keyId: '`keyId` of the connection',
  signature: 'the signature; not within what is signed',
} as const;

export type SignatureField = keyof typeof signatureFields;

const placeholder = /\{([^{}]*)\}/g;
const headerField = /^header ([a-z0-9-]+)$/;

/** What is wrong with a template; undefined when it is sound. */
export function templateFault(template: string): string | undefined {
  const names = Object.keys(signatureFields);
  for (const [, name = ''] of template.matchAll(placeholder)) {
    if (names.includes(name) || headerField.test(name)) continue;
    return `\`{${name}}\` is nothing that can be signed.${didYouMean(name, names)} There are: ${names.join(', ')}, and \`header NAME\``;
  }
  return undefined;
}

/** The template with its fields filled in; a header that the request does not have is empty. */
export function filledTemplate(
  template: string,
  fields: Readonly<Partial<Record<SignatureField, string>>>,
  headers: Readonly<Record<string, string>>,
): string {
  return template.replace(placeholder, (_whole, name: string) => {
    const header = headerField.exec(name)?.[1];
    if (header !== undefined) return headers[header] ?? '';
    return name in signatureFields ? (fields[name as SignatureField] ?? '') : '';
  });
}
