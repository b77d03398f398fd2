import { type MappingDocument, mappingDocument } from '../../model/mapping/document.ts';
import { type DeliveryClass, deliveryPromise } from '../../model/sync/delivery.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import { deleteLimitsOf } from '../../model/sync/sync.ts';
import { formatDuration } from '../../model/text/duration.ts';

/** What the page of one sync says; both renderings come from it. */
export interface SyncPage {
  readonly name: string;
  readonly file: string;
  readonly summary?: string;
  readonly source: SystemOf;
  readonly destination: SystemOf;
  readonly delivery?: { readonly class: DeliveryClass; readonly promise: string };
  /** Name and value, in the order of the page. Backticks mark names and values, here as everywhere. */
  readonly facts: readonly Fact[];
  readonly limits: readonly Fact[];
  readonly mapping?: MappingDocument;
}

export interface SystemOf {
  readonly connection: string;
  readonly kind: string;
  readonly owner?: string;
}

export type Fact = readonly [name: string, value: string];

/** `delivery` is undefined when the destination cannot say it without its system. */
export function pageOf(loaded: LoadedSync, delivery: DeliveryClass | undefined): SyncPage {
  const { sync } = loaded;
  const mapping = mappingDocument(sync.mapping);
  return {
    name: loaded.name,
    file: loaded.file,
    ...(sync.summary !== undefined && { summary: sync.summary }),
    source: systemOf(loaded.sourceConnection),
    destination: systemOf(loaded.destinationConnection),
    ...(delivery && { delivery: { class: delivery, promise: deliveryPromise[delivery] } }),
    facts: [
      ['A record is identified by', code(...[sync.key].flat())],
      ['A newer version is told by', sync.version ? code(sync.version) : 'nothing: the later of two in one run wins'],
      ['Each run reads', readsWords(loaded)],
      ['A record that is gone from the source', goneWords(loaded)],
      ['Version of the mapping', code(sync.mapping.version)],
    ],
    limits: limitsOf(loaded),
    ...(mapping && { mapping }),
  };
}

const code = (...names: readonly string[]): string => names.map((name) => `\`${name}\``).join(' and ');

function systemOf({ name, kind, owner }: LoadedSync['sourceConnection']): SystemOf {
  return { connection: name, kind, ...(owner !== undefined && { owner }) };
}

function readsWords({ mode, overlapMs }: LoadedSync): string {
  if (mode === 'full') return 'everything; only what changed is sent';
  const again = overlapMs > 0 ? `, beginning ${formatDuration(overlapMs)} before where the last one ended` : '';
  return `what changed since the last run${again}; only what changed is sent`;
}

function goneWords({ sync }: LoadedSync): string {
  const limits = deleteLimitsOf(sync);
  if (limits === null) return 'stays in the destination';
  const share = Math.round(limits.maxShare * 1000) / 10;
  return `is deleted by a full run; more than ${share} %, and at least ${limits.atLeast}, wait for a person`;
}

function limitsOf({ policy, sync: { destinationAlters = [] } }: LoadedSync): readonly Fact[] {
  const share = Math.round(policy.maxRejectedShare * 1000) / 10;
  return [
    ['One batch', `at most ${policy.batchRecords} records, ${policy.batchesInFlight} batches under way`],
    ['One record', `at most ${policy.maxRecordBytes} bytes; a larger one is set aside`],
    [
      'Too many rejected',
      `more than ${share} % of a batch, and at least ${policy.maxRejectedAtLeast}: the run waits for a person`,
    ],
    [
      'After a failure',
      `again after ${formatDuration(policy.retryFirst)}, then at growing intervals up to ${formatDuration(policy.retryMax)}`,
    ],
    ['A failure that lasts', `after ${formatDuration(policy.giveUpAfter)} the run waits for a person`],
    ['Read back at the end', readBackWords(policy.readBack)],
    ...(destinationAlters.length > 0 ? [['Changed by the destination', destinationAlters.join(', ')] as const] : []),
  ];
}

function readBackWords(readBack: LoadedSync['policy']['readBack']): string {
  if (readBack === 'all') return 'every record that was sent, where the destination can be read';
  return readBack === 0
    ? 'nothing'
    : `up to ${readBack} of the records that were sent, where the destination can be read`;
}
