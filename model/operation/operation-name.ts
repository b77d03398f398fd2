/** Whatever a person or a program can do or ask. Stored in the audit log: never renamed. */
export const operationNames = [
  'status',
  'run.start',
  'run.follow',
  'run.retry',
  'run.retryWaiting',
  'run.skip',
  'run.pause',
  'run.resume',
  'run.cancel',
  'plan',
  'schedule.apply',
  'schedule.list',
  'schedule.trigger',
  'schedule.pause',
  'schedule.resume',
  'schedule.backfill',
  'positions.list',
  'positions.set',
  'reconcile',
  'reconcile.giveUp',
  'recover',
  'explain',
  'quarantine.list',
  'quarantine.show',
  'quarantine.replay',
  'quarantine.drop',
  'calls.list',
  'calls.show',
  'connections.list',
  'connections.release',
  'secrets.list',
  'secrets.set',
  'secrets.rotate',
  'secrets.rotateKey',
  'secrets.remove',
  'check',
  'docs.write',
  'doctor',
] as const;

export type OperationName = (typeof operationNames)[number];

/** What helps beside operations: something that only a terminal has. */
export type LocalName = 'stack.start' | 'version';

/**
 * An operation that helps, with options of its input: `quarantine.replay code wait`. Texts for people have it in braces,
 * and each face writes it in its own words.
 */
export type Help = OperationName | LocalName | `${OperationName} ${string}`;
