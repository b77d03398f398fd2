import { rule } from 'syncline';

/** The upper half of Mac OS Roman (the mapping table that Unicode publishes as ROMAN.TXT), from 0xA0 on. */
const macRoman = [
  '†°¢£§•¶ß®©™´¨≠ÆØ',
  '∞±≤≥¥µ∂∑∏π∫ªºΩæø',
  '¿¡¬√ƒ≈∆«»…\u00a0ÀÃÕŒœ',
  '–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ',
  '‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ',
  '\uf8ffÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ',
].join('');

const mended = new Map([...macRoman].map((wrong, index) => [wrong, String.fromCharCode(0xa0 + index)]));

/**
 * The titles of this source were Latin-1 bytes, once read as Mac OS Roman: `LÈon` was `Léon`. Letters below 0xA0 are left
 * alone, as they may be right.
 */
export const mendAccents = rule(
  'mendAccents',
  'with accents mended that were Latin-1 and were read as Mac OS Roman',
  (text: string) => [...text].map((letter) => mended.get(letter) ?? letter).join(''),
);
