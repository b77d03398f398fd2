import { escapeHtml } from './escape.ts';
import type { SyncPage } from './page.ts';

const width = 220;
const gap = 130;
const top = 14;
const height = 74;

/** Source, mapping and destination, with what happens between them. Colours come from the page's styles. */
export function diagramSvg(page: SyncPage): string {
  const fields = page.mapping ? `${page.mapping.rows.length} fields` : 'mapping';
  const boxes = [
    box(0, page.source.connection, page.source.kind, ''),
    box(1, page.name, fields, ' core'),
    box(2, page.destination.connection, page.destination.kind, ''),
  ];
  const right = 3 * width + 2 * gap;
  const floor = top + height;
  const label = `${page.source.connection} to ${page.destination.connection} through ${page.name}`;
  return `<svg viewBox="0 0 ${right + 2} ${floor + 48}" role="img" aria-label="${escapeHtml(label)}">
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8Z"/></marker></defs>
${boxes.join('\n')}
${way(0, 'fetch', 'validate')}
${way(1, 'deliver', page.delivery?.class ?? '')}
<path class="way back" d="M${right - width / 2} ${floor} v22 H${width / 2} V${floor + 4}"/>
<text class="small" x="${right / 2}" y="${floor + 40}">reconcile: read back and compare</text>
</svg>`;
}

const leftOf = (place: number): number => 1 + place * (width + gap);

function box(place: number, title: string, below: string, kind: string): string {
  const middle = leftOf(place) + width / 2;
  return `<rect class="box${kind}" x="${leftOf(place)}" y="${top}" width="${width}" height="${height}" rx="8"/>
<text x="${middle}" y="${top + 33}">${escapeHtml(shorten(title))}</text>
<text class="small" x="${middle}" y="${top + 54}">${escapeHtml(shorten(below))}</text>`;
}

function way(place: number, above: string, below: string): string {
  const from = leftOf(place) + width;
  const middle = from + gap / 2;
  const y = top + height / 2;
  return `<path class="way" d="M${from + 4} ${y} H${from + gap - 4}"/>
<text class="small" x="${middle}" y="${y - 9}">${escapeHtml(above)}</text>
<text class="small" x="${middle}" y="${y + 20}">${escapeHtml(below)}</text>`;
}

/** What fits into a box; the page has the whole name in its title. */
const shorten = (text: string): string => (text.length > 25 ? `${text.slice(0, 24)}…` : text);
