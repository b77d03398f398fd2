import { styleText } from 'node:util';

/** What a text means, rather than its colour. Without colours each is the plain text. */
export interface Style {
  good(text: string): string;
  bad(text: string): string;
  doubtful(text: string): string;
  strong(text: string): string;
  faint(text: string): string;
  /** A name or command the reader can use. */
  name(text: string): string;
}

type Colour = Parameters<typeof styleText>[0];

export interface StyledStream {
  readonly isTTY?: boolean | undefined;
}

/** Colours on a terminal only; NO_COLOR (no-color.org) and TERM=dumb turn them off, FORCE_COLOR on. */
export function wantsColour(stream: StyledStream, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return true;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

export function createStyle(colours: boolean): Style {
  const paint = (colour: Colour) => (text: string) =>
    colours ? styleText(colour, text, { validateStream: false }) : text;
  return {
    good: paint('green'),
    bad: paint('red'),
    doubtful: paint('yellow'),
    strong: paint('bold'),
    faint: paint('dim'),
    name: paint('cyan'),
  };
}
