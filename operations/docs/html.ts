import type { DocumentRow, MappingDocument } from '../../model/mapping/document.ts';
import { diagramSvg } from './diagram.ts';
import { escapeHtml, inline } from './escape.ts';
import { GENERATED } from './generated.ts';
import type { Fact, SyncPage } from './page.ts';
import { styles } from './styles.ts';
import { namesText, valuesText, valueText } from './values.ts';

/** The page of one sync: one file, nothing loaded from elsewhere, light and dark. */
export function syncHtml(page: SyncPage): string {
  const body = [
    '<nav><a href="../index.html">All syncs</a></nav>',
    `<h1>${escapeHtml(page.name)}</h1>`,
    ...(page.summary === undefined ? [] : [`<p class="summary">${inline(page.summary)}</p>`]),
    `<figure>${diagramSvg(page)}</figure>`,
    ...(page.delivery
      ? [`<p class="promise"><b>Delivery ${page.delivery.class}</b> ${inline(page.delivery.promise)}</p>`]
      : []),
    factList(page.facts),
    ...(page.mapping
      ? mappingHtml(page.mapping)
      : ['<p>This mapping was not made by <code>map</code>, so its fields are not known.</p>']),
    '<h2>Limits</h2>',
    factList(page.limits),
    `<footer>${inline(`${GENERATED} Source: \`${page.file}\`.`)}</footer>`,
  ];
  return document(page.name, body);
}

function mappingHtml(mapping: MappingDocument): readonly string[] {
  return [
    '<h2>Fields</h2>',
    ...(mapping.where === undefined
      ? []
      : [`<p>Only records for which this holds: ${inline(mapping.where)}. The others are counted as filtered.</p>`]),
    `<div class="wide"><table class="fields"><thead><tr>${['Destination', 'Source', 'Rule', 'When missing', 'Example']
      .map((title) => `<th scope="col">${title}</th>`)
      .join('')}</tr></thead><tbody>${mapping.rows.map(rowHtml).join('\n')}</tbody></table></div>`,
    '<h2>Source fields not used</h2>',
    `<p>${mapping.unused.length === 0 ? 'None.' : inline(`Deliberately: ${namesText(mapping.unused)}.`)}</p>`,
    '<h2>Samples</h2>',
    samplesHtml(mapping),
  ];
}

const rowHtml = (row: DocumentRow): string =>
  `<tr>${[
    `<code>${escapeHtml(row.field)}</code><small>${inline(row.type)}${row.required ? '' : ', optional'}</small>`,
    inline(row.sources.length === 0 ? '—' : namesText(row.sources)),
    inline(row.rule),
    inline(row.missing),
    exampleHtml(row),
  ]
    .map((cell) => `<td>${cell}</td>`)
    .join('')}</tr>`;

function exampleHtml({ example, sources }: DocumentRow): string {
  if (!example) return '—';
  const after = `<span class="after">${inline(valueText(example.after))}</span>`;
  return sources.length === 0 ? after : `${inline(valuesText(example.before))} <span class="arrow">→</span> ${after}`;
}

function samplesHtml({ samples }: MappingDocument): string {
  if (samples.length === 0)
    return '<p>None. Add <code>samples</code> to the mapping: they are tests, and the first fills the example column.</p>';
  const rows = samples.map(
    ({ summary, outcome }) =>
      `<li>${inline(summary)} <span class="outcome ${outcome.split(':')[0]}">${inline(outcome)}</span></li>`,
  );
  return `<ul class="samples">${rows.join('\n')}</ul>`;
}

const factList = (facts: readonly Fact[]): string =>
  `<dl>${facts.map(([name, value]) => `<div><dt>${inline(name)}</dt><dd>${inline(value)}</dd></div>`).join('\n')}</dl>`;

/** The list of all syncs. */
export function indexHtml(pages: readonly SyncPage[]): string {
  const cards = pages.map(
    (page) => `<li><a href="syncs/${encodeURIComponent(page.name)}.html"><b>${escapeHtml(page.name)}</b></a>
<span class="route"><code>${escapeHtml(page.source.connection)}</code> → <code>${escapeHtml(page.destination.connection)}</code>${page.delivery ? ` · ${page.delivery.class}` : ''}</span>
<p>${inline(page.summary ?? '')}</p></li>`,
  );
  const list = pages.length === 0 ? '<p>This project has none.</p>' : `<ul class="cards">${cards.join('\n')}</ul>`;
  return document('Syncs', ['<h1>Syncs</h1>', list, `<footer>${inline(GENERATED)}</footer>`]);
}

const document = (title: string, body: readonly string[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · Syncline</title>
<style>${styles}</style>
</head>
<body>
<main>
${body.join('\n')}
</main>
</body>
</html>
`;
