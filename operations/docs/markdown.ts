import type { DocumentRow, MappingDocument } from '../../model/mapping/document.ts';
import { GENERATED } from './generated.ts';
import type { Fact, SyncPage } from './page.ts';
import { escapeText, table } from './table.ts';
import { namesText, valuesText, valueText } from './values.ts';

/** The page of one sync, as GitHub shows it. */
export function syncMarkdown(page: SyncPage): string {
  return `${[
    `# ${page.name}`,
    ...(page.summary === undefined ? [] : [escapeText(page.summary)]),
    mermaid(page),
    ...(page.delivery ? [`**Delivery ${page.delivery.class}.** ${page.delivery.promise}`] : []),
    factsTable(page.facts),
    ...(page.mapping
      ? mappingMarkdown(page.mapping)
      : ['This mapping was not made by `map`, so its fields are not known.']),
    '## Limits',
    factsTable(page.limits),
    `---\n${GENERATED} Source: \`${page.file}\`.`,
  ].join('\n\n')}\n`;
}

function mappingMarkdown(mapping: MappingDocument): readonly string[] {
  return [
    '## Fields',
    ...(mapping.where === undefined
      ? []
      : [`Only records for which this holds: ${mapping.where}. The others are counted as filtered.`]),
    table(
      ['Destination', 'Takes', 'Source', 'Rule', 'When missing', 'Example'],
      mapping.rows.map((row) => [
        `\`${row.field}\``,
        `${row.type}${row.required ? '' : ', optional'}`,
        namesText(row.sources) || '—',
        row.rule,
        row.missing,
        exampleText(row),
      ]),
    ),
    '## Source fields not used',
    mapping.unused.length === 0 ? 'None.' : `Deliberately: ${namesText(mapping.unused)}.`,
    '## Samples',
    mapping.samples.length === 0
      ? 'None. Add `samples` to the mapping: they are tests, and the first fills the example column.'
      : table(
          ['Sample', 'Outcome'],
          mapping.samples.map(({ summary, outcome }) => [summary, outcome]),
        ),
  ];
}

const exampleText = ({ example, sources }: DocumentRow): string =>
  example ? `${sources.length === 0 ? '' : `${valuesText(example.before)} → `}${valueText(example.after)}` : '—';

const factsTable = (facts: readonly Fact[]): string => table(['', ''], facts);

function mermaid(page: SyncPage): string {
  const fields = page.mapping ? `${page.mapping.rows.length} fields` : 'mapping';
  const label = (...lines: readonly string[]): string =>
    `"${lines.map((line) => line.replace(/["<>&#;]/g, ' ')).join('<br/>')}"`;
  return [
    '```mermaid',
    'flowchart LR',
    `  source[${label(page.source.connection, page.source.kind)}] -->|fetch, validate| mapping[${label(page.name, fields)}]`,
    `  mapping -->|deliver${page.delivery ? ` ${page.delivery.class}` : ''}| destination[${label(page.destination.connection, page.destination.kind)}]`,
    '  destination -.->|reconcile| source',
    '```',
  ].join('\n');
}

/** The list of all syncs. */
export function indexMarkdown(pages: readonly SyncPage[]): string {
  const rows = pages.map((page) => [
    `[${page.name}](syncs/${page.name}.md)`,
    `\`${page.source.connection}\` → \`${page.destination.connection}\``,
    page.delivery?.class ?? '—',
    page.summary ?? '',
    `[${page.name}](runbooks/${page.name}.md)`,
  ]);
  const list = table(['Sync', 'From → to', 'Delivery', 'What it does', 'Runbook'], rows);
  return `# Syncs\n\n${pages.length === 0 ? 'This project has none.' : unescapeLinks(list)}\n\n---\n${GENERATED}\n`;
}

/** Names of syncs are made of letters, digits and dashes, so that their links need no escaping. */
const unescapeLinks = (text: string): string => text.replace(/\\\[([\w-]+)\\\]\(([\w./-]+)\)/g, '[$1]($2)');
