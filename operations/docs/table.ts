/** A Markdown table. Markup characters lose their meaning outside backticks; within, all is shown as it is. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cellText).join(' | ')} |`;
  return [line(titles), `|${' --- |'.repeat(titles.length)}`, ...rows.map(line)].join('\n');
}

/** A pipe ends a cell even within code; a line break ends the row. */
const cellText = (text: string): string => escapeText(text).replaceAll('|', '\\|');

export function escapeText(text: string): string {
  return text
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith('`') && part.endsWith('`') && part.length > 1 ? part : part.replace(/[\\*_[\]<>#]/g, '\\$&'),
    )
    .join('');
}
