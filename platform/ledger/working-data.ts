/**
 * Drops what only an open run needs, as parts of a statement. Of what was staged, batches of which a request is in doubt
 * stay: a later run settles them (invariant 3). So does what was written, until a run has read it back. `from`: an expression with one row, or none when nothing is to be dropped.
 */
export const droppedOf = (run: string, from: string): string =>
  [
    `staged_dropped as (delete from staged s using ${from} where s.run = ${run} and not exists (
       select from intents i where i.run = s.run and i.seq = s.seq and i.state in ('open', 'unknown')))`,
    ...['seen', 'deletions', 'chosen_extras', 'replays', 'chosen_keys'].map(
      (table) => `${table}_dropped as (delete from ${table} t using ${from} where t.run = ${run})`,
    ),
  ].join(', ');
