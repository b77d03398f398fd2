/**
 * Where a worker may end, freeze or be told to stop: around each durable note, each request and each answer of the
 * steps, by stage. The names are those of workers/failpoints.ts.
 */
export const places = {
  open: ['runs.claim.before', 'runs.claim.after'],
  fetch: [
    'staging.beginFetch.after',
    'source.page',
    'staging.stage.before',
    'staging.stage.after',
    'staging.closeFetch.before',
    'staging.closeFetch.after',
  ],
  validate: ['steps.validateBatch.before', 'quarantine.add.before', 'quarantine.add.after'],
  transform: ['steps.transformBatch.before', 'steps.transformBatch.after'],
  'before the intent': ['deliveries.begin.after', 'deliveries.verdicts.after', 'deliveries.openIntent.before'],
  'before the send': ['deliveries.openIntent.after'],
  'after the send': ['destination.write.after', 'deliveries.settle.before', 'deliveries.markUnknown.before'],
  'after the outcome': ['deliveries.settle.after', 'deliveries.close.before'],
  doubt: [
    'deliveries.beginLeft.after',
    'deliveries.inDoubt.after',
    'deliveries.stillWriter.after',
    'destination.read.before',
    'destination.read.after',
  ],
  remove: [
    'deletes.begin.after',
    'deletes.decide.before',
    'deletes.decide.after',
    'deletes.openIntent.after',
    'deletes.settle.before',
    'deletes.close.before',
  ],
  reconcile: ['runs.counts.before', 'runs.counts.after'],
  close: ['runs.close.before', 'runs.close.after'],
  'before it is told': [
    'steps.fetchBatch.after',
    'steps.validateBatch.after',
    'steps.deliverBatch.after',
    'steps.removeMissing.after',
    'steps.reconcileRun.after',
    'steps.closeRun.after',
  ],
} as const;

export type Stage = keyof typeof places;
export const stages = Object.keys(places) as [Stage, ...Stage[]];

const stageOfPlace = new Map<string, Stage>(
  stages.flatMap((stage) => places[stage].map((place): [string, Stage] => [place, stage])),
);

export const stageOf = (place: string): string => stageOfPlace.get(place) ?? place;
