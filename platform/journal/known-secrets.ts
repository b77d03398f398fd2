import type { ReadSecret, SecretRef } from '../../model/secret.ts';

/** A shorter value would be found everywhere, and hides nothing that could be guessed. */
const SHORTEST = 4;
/** Values remembered: more than a project has, with what was rotated meanwhile. */
const MOST_VALUES = 1_000;

/** The values of secrets that this process has read, so that none of them is ever kept where it does not belong. */
export interface KnownSecrets {
  /** Reads a secret and remembers its value. */
  watching(read: ReadSecret): ReadSecret;
  /** The text with each known value replaced by `[secret:NAME]`, whichever way it is written. */
  mask(text: string): string;
  /** The same for a text that was cut: its end may be the beginning of a value. */
  maskCut(text: string): string;
}

export function knownSecrets(): KnownSecrets {
  /** Each way that a value may be written, by how it is shown. Longest first. */
  let forms: readonly (readonly [form: string, shown: string])[] = [];
  const seen = new Map<string, string>();

  const note = (value: string, ref: SecretRef): void => {
    if (value.length < SHORTEST || seen.has(value)) return;
    if (seen.size >= MOST_VALUES) seen.delete(seen.keys().next().value ?? '');
    seen.set(value, `[secret:${nameOf(ref)}]`);
    forms = [...seen]
      .flatMap(([known, shown]) => formsOf(known).map((form) => [form, shown] as const))
      .sort(([a], [b]) => b.length - a.length);
  };

  const mask = (text: string): string => {
    // What others say must not look like one of ours: a command made from it would hold a variable of their choice.
    let masked = text.replaceAll('[secret:', '[secret ');
    for (const [form, shown] of forms) if (masked.includes(form)) masked = masked.replaceAll(form, shown);
    return masked;
  };

  return {
    watching: (read) => async (ref, version) => {
      const value = await read(ref, version);
      note(value, ref);
      return value;
    },
    mask,
    maskCut(text) {
      const masked = mask(text);
      for (const [form, shown] of forms) {
        for (let length = Math.min(form.length - 1, masked.length); length >= SHORTEST; length--)
          if (masked.endsWith(form.slice(0, length))) return masked.slice(0, -length) + shown;
      }
      return masked;
    },
  };
}

/** As it is, in JSON, in an address, and in base64. */
function formsOf(value: string): readonly string[] {
  const encoded = encodeURIComponent(value);
  return [
    ...new Set([
      value,
      JSON.stringify(value).slice(1, -1),
      encoded,
      encoded.replaceAll('%20', '+'),
      Buffer.from(value, 'utf8').toString('base64'),
    ]),
  ];
}

/** The name of a variable that a person would set to the value: SHOP_TOKEN for `{ env: SHOP_TOKEN }`. */
function nameOf(ref: SecretRef): string {
  const name = referenceOf(ref)
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replace(/^(?=\d)/, '_');
  return /[A-Z0-9]/.test(name) ? name : 'SECRET';
}

function referenceOf(ref: SecretRef): string {
  if ('env' in ref) return ref.env;
  if ('vault' in ref) return ref.vault;
  if ('kv' in ref) return `${ref.kv}_${ref.field}`;
  return 'file' in ref ? ref.file.replace(/^.*[\\/]/, '') : '';
}
