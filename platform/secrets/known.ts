import { redactSecrets } from '../../model/connection/secret-text.ts';

/** Of a value that was cut, so much has to be left to be noticed. */
const SHORTEST = 4;
/** A short value, or a mere word such as `postgres`, would be found everywhere, and hides nothing that cannot be guessed. */
const isTelling = (value: string): boolean => value.length >= 8 && !/^[a-z]{1,12}$/i.test(value);
/** Values remembered: more than a project has, with what was renewed meanwhile. */
const MOST_VALUES = 1_000;

/** The values of secrets that have been read, so that none of them is shown, logged or kept where it does not belong. */
export interface KnownSecrets {
  /** `shown` is what stands in the place of the value, such as `[secret:SHOP_TOKEN]`. */
  note(value: string, shown: string): void;
  /** The text with each known value replaced, whichever way it is written. */
  mask(text: string): string;
  /** The same for a text that was cut: its end may be the beginning of a value. */
  maskCut(text: string): string;
}

export function knownSecrets(): KnownSecrets {
  /** Each way that a value may be written, by how it is shown. Longest first. */
  let forms: readonly (readonly [form: string, shown: string])[] = [];
  const seen = new Map<string, string>();

  const mask = (text: string): string => {
    let masked = text;
    for (const [form, shown] of forms) if (masked.includes(form)) masked = masked.replaceAll(form, shown);
    return masked;
  };

  return {
    note(value, shown) {
      if (!isTelling(value) || seen.has(value)) return;
      if (seen.size >= MOST_VALUES) seen.delete(seen.keys().next().value ?? '');
      seen.set(value, shown);
      forms = [...seen]
        .flatMap(([known, as]) => formsOf(known).map((form) => [form, as] as const))
        .sort(([a], [b]) => b.length - a.length);
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

/**
 * Every secret that this process has read: a secret stays one whichever part of the engine meets it, so there is one
 * list, and not one for each part that has to be handed on without a gap.
 */
export const secretsOfProcess: KnownSecrets = knownSecrets();

/** Without the secrets that this process has read, and without what looks like one: for words that others wrote. */
export const withoutSecrets = (text: string): string => redactSecrets(secretsOfProcess.mask(text));
