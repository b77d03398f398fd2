import { isRecord, type Json } from '../../index.ts';
import { linkWithRelation } from './link-header.ts';

/** Names, without case and separators, under which systems give what leads to the next page. */
const leadsOn = /^x?(ms)?(next(page)?(token|cursor|link|url|uri|offset|key)?|continuation(token)?|nextstart)$/;
const promisesMore = /^(has|is)?more(items|pages|results|records)?$|^hasnext(page)?$/;

/**
 * Where a page names a next one, as far as usual names tell: a header, or a member of what surrounds the records. Undefined
 * where nothing looks like it. For a read that is about to end because nothing stands where its options look.
 */
export function hiddenNext(body: Json, headers: Readonly<Record<string, string>>): string | undefined {
  if (linkWithRelation(headers['link'], 'next') !== undefined) return 'the header `link` (`kind: "link-header"`)';
  for (const [name, value] of Object.entries(headers))
    if (leadsOn.test(plain(name)) && value !== '') return `the header \`${name}\` (\`nextHeader\`)`;
  const pointer = isRecord(body) ? memberOf(body, 2) : undefined;
  return pointer === undefined ? undefined : `\`${pointer}\``;
}

/** The pointer to the member that leads on. Lists are not looked into: records lie in them. */
function memberOf(object: Readonly<Record<string, Json>>, depth: number): string | undefined {
  for (const [name, value] of Object.entries(object)) {
    if (leadsOn.test(plain(name)) && isPlace(value)) return `/${name}`;
    if (promisesMore.test(plain(name)) && value === true) return `/${name}`;
    const within = depth > 1 && isRecord(value) ? memberOf(value, depth - 1) : undefined;
    if (within !== undefined) return `/${name}${within}`;
  }
  return undefined;
}

/** A cursor, a number, or an address, which may stand in an object of its own (HAL). */
const isPlace = (value: Json): boolean =>
  typeof value === 'number' || (typeof value === 'string' && value !== '') || (isRecord(value) && 'href' in value);

const plain = (name: string): string => name.replaceAll(/[-_.@ ]/g, '').toLowerCase();
