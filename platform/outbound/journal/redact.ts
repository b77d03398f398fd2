import type { Connection } from '../../../model/connection/connection.ts';
import { isSecretName, redactSecrets } from '../../../model/connection/secret-text.ts';
import type { HiddenField } from '../../../model/record/field-marks.ts';
import type { KnownSecrets } from '../../secrets/known.ts';
import { type Hides, MASK, maskJson } from './mask-json.ts';

/** Removes from a call what must not be kept, before it is written anywhere. */
export interface Redactor {
  headers(headers: Readonly<Record<string, string>>): Record<string, string>;
  url(url: URL): string;
  /** `cut`: the text is only the head of a body. Null for what is no text. */
  body(text: string, contentType: string | undefined, cut: boolean): string | null;
}

/**
 * Three nets, one behind the other: by name (headers, parameters and fields that hold credentials), by the marks of the
 * sync's schemas, and by value (every secret that this process has read, and whatever has the shape of one).
 */
export function redactor(
  connection: Pick<Connection, 'auth'>,
  hidden: readonly HiddenField[],
  secrets: KnownSecrets,
): Redactor {
  const ownNames = namesOf(connection);
  // What others say must not look like one of ours: a command made from it would hold a variable of their choice.
  const mask = (text: string, cut = false): string => {
    const theirs = text.replaceAll('[secret:', '[secret ');
    return redactSecrets(cut ? secrets.maskCut(theirs) : secrets.mask(theirs));
  };
  const isHiddenName = (name: string): boolean => ownNames.has(name.toLowerCase()) || holdsSecret(name);
  const hides = hidesFields(hidden, isHiddenName);
  return {
    headers: (headers) =>
      Object.fromEntries(
        Object.entries(headers).map(([name, value]) => {
          const masked = mask(value);
          return [name, isHiddenName(name) ? credential(masked) : masked];
        }),
      ),
    url(url) {
      const query = pairs(url.search.slice(1), isHiddenField(hides));
      return mask(url.origin + url.pathname + (query === '' ? '' : `?${query}`));
    },
    body(text, contentType, cut) {
      const type = (contentType ?? '').replace(/;.*$/s, '').trim().toLowerCase();
      if (isBinary(text)) return null;
      const masked = /x-www-form-urlencoded$/.test(type) ? pairs(text, isHiddenField(hides)) : maskJson(text, hides);
      return mask(masked, cut);
    },
  };
}

/** The places where the connection itself states a credential. */
function namesOf({ auth }: Pick<Connection, 'auth'>): ReadonlySet<string> {
  const names = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie'];
  for (const key of ['header', 'query', 'param'])
    if (auth && key in auth && typeof auth[key as keyof typeof auth] === 'string')
      names.push(String(auth[key as keyof typeof auth]).toLowerCase());
  if (auth?.kind === 'hmac')
    names.push(...Object.keys({ ...auth.headers, ...auth.query }).map((name) => name.toLowerCase()));
  return new Set(names);
}

/** A token that leads to the next page is no credential, and needed to repeat a call. */
const holdsSecret = (name: string): boolean =>
  isSecretName(name) && !/(page|next|cursor|continuation|sync|delta)[_-]?token$/i.test(name);

/** Keeps the scheme, and the name of a secret where it is known: `Bearer [secret:SHOP_TOKEN]`. */
function credential(masked: string): string {
  const [, scheme = '', rest = masked] = /^([A-Za-z]+ )(.*)$/s.exec(masked) ?? [];
  return scheme + (/^\[secret:\w+\]$/.test(rest) ? rest : MASK);
}

function hidesFields(hidden: readonly HiddenField[], isHiddenName: (name: string) => boolean): Hides {
  const byLast = new Map<string, HiddenField[]>();
  for (const field of hidden) {
    const last = field.at(-1) ?? '';
    byLast.set(last, [...(byLast.get(last) ?? []), field]);
  }
  const known = new Map<string, boolean>();
  return (path) => {
    const name = path.at(-1) ?? '';
    let secret = known.get(name);
    if (secret === undefined) {
      secret = isHiddenName(name);
      // Names come from other people's answers, and may be keys of records: they are not all remembered.
      if (known.size < 1_000) known.set(name, secret);
    }
    return secret || (byLast.get(name)?.some((field) => endsWith(path, field)) ?? false);
  };
}

/** Records stand below whatever a system wraps them in: what counts is how the path ends. */
const endsWith = (path: readonly string[], field: HiddenField): boolean =>
  path.length >= field.length && field.every((name, index) => path[path.length - field.length + index] === name);

/** `customer[email]=…` names a field within another; what lies below a hidden field is hidden with it. */
const isHiddenField =
  (hides: Hides) =>
  (name: string): boolean => {
    const path = name.split(/[[\].]+/).filter((part) => part !== '' && !/^\d+$/.test(part));
    return path.some((_, index) => hides(path.slice(0, index + 1)));
  };

/** A query or a form with the values of these names masked. */
const pairs = (text: string, isHidden: (name: string) => boolean): string =>
  text
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at > 0 && isHidden(decoded(pair.slice(0, at))) ? `${pair.slice(0, at)}=${MASK}` : pair;
    })
    .join('&');

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Control characters that no text has, or bytes that were no UTF-8 all over. */
function isBinary(text: string): boolean {
  const head = text.slice(0, 512);
  let odd = 0;
  for (let at = 0; at < head.length; at++) {
    const code = head.charCodeAt(at);
    if (code === 0xfffd || (code < 32 && code !== 9 && code !== 10 && code !== 13)) odd++;
  }
  return odd > head.length / 50;
}

/** One redactor for each connection and sync: the same objects serve every call of a step. */
export class Redactors {
  readonly #secrets: KnownSecrets;
  readonly #known = new WeakMap<object, WeakMap<object, Redactor>>();

  constructor(secrets: KnownSecrets) {
    this.#secrets = secrets;
  }

  of(connection: Connection, hidden: readonly HiddenField[] = nothingHidden): Redactor {
    const ofConnection = this.#known.get(connection) ?? new WeakMap<object, Redactor>();
    this.#known.set(connection, ofConnection);
    const known = ofConnection.get(hidden) ?? redactor(connection, hidden, this.#secrets);
    ofConnection.set(hidden, known);
    return known;
  }
}

const nothingHidden: readonly [] = [];
