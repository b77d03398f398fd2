import type { Style } from '../platform/terminal/style.ts';
import { cutText } from '../platform/terminal/text.ts';

export interface ScreenStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** What the demo shows: lines that stay, and below them a few that are drawn again and again. */
export interface Screen {
  readonly style: Style;
  say(line?: string): void;
  /** Replaces the moving lines. Where nothing can move, their first line is written now and then. */
  live(lines: readonly LiveLine[]): void;
  /** Takes the moving lines away. */
  settle(): void;
}

/** Measured and cut as `text`, shown as `paint(text)`. */
export interface LiveLine {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

const plainEveryMs = 3000;

export function createScreen(stream: ScreenStream, style: Style): Screen {
  return stream.isTTY ? movingScreen(stream, style) : plainScreen(stream, style);
}

function movingScreen(stream: ScreenStream, style: Style): Screen {
  let shown = 0;
  const erase = () => (shown === 0 ? '' : `\x1b[${shown}A\r\x1b[J`);
  let last: readonly LiveLine[] = [];
  const draw = (before: string, lines: readonly LiveLine[]) => {
    const cells = (stream.columns ?? 80) - 1;
    const drawn = lines.map(({ text, paint }) => {
      const cut = cutText(text, cells);
      return `${paint ? paint(cut) : cut}\n`;
    });
    stream.write(`${erase()}${before}${drawn.join('')}`);
    shown = lines.length;
    last = lines;
  };
  return {
    style,
    say: (line = '') => draw(`${line}\n`, last),
    live: (lines) => draw('', lines),
    settle: () => draw('', []),
  };
}

function plainScreen(stream: ScreenStream, style: Style): Screen {
  let saidAtMs = Number.NEGATIVE_INFINITY;
  let said = '';
  return {
    style,
    say: (line = '') => void stream.write(`${line}\n`),
    live: ([first]) => {
      const now = performance.now();
      if (!first || first.text === said || now - saidAtMs < plainEveryMs) return;
      saidAtMs = now;
      said = first.text;
      stream.write(`${first.text}\n`);
    },
    settle: () => {},
  };
}
