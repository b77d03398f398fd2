/** One link: its address and its parameters. Both are short; a header has at most 16 KiB. */
const link = /<([^<>]*)>((?:\s*;\s*[^\s=;,"]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]*))?)*)/g;
const parameter = /;\s*([^\s=;,"]+)(?:\s*=\s*(?:"([^"]*)"|([^\s;,"]*)))?/g;

/**
 * The address with this relation in a `Link` header (RFC 8288), as written. Undefined when there is none.
 * Links about another resource (`anchor`) are not ours.
 */
export function linkWithRelation(header: string | undefined, relation: string): string | undefined {
  for (const [, address, parameters = ''] of (header ?? '').matchAll(link)) {
    const found = parametersOf(parameters);
    const relations = (found.get('rel') ?? '').toLowerCase().split(/\s+/);
    if (relations.includes(relation) && !found.has('anchor')) return address;
  }
  return undefined;
}

/** Of a parameter given twice, the first counts. */
function parametersOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', quoted, plain] of text.matchAll(parameter))
    if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), quoted ?? plain ?? '');
  return found;
}
