/**
 * Drops what only an open run needs, as parts of a statement. Of what was staged, batches stay of which a request is in
 * doubt, and those that were delivered in part: a later run settles them (invariant 3). What was written stays, and what was
 * staged of it, until a run has read it back. `from`: an expression with one row, or none when nothing is to be dropped;
 * `isReadBack`: whether this run has, in SQL.
 */
export const droppedOf = (run: string, from: string, isReadBack: string): string =>
  [
    `staged_dropped as (delete from staged s using ${from} where s.run = ${run} and not exists (
       select from intents i join batches b using (run, seq) where i.run = s.run and i.seq = s.seq
         and (i.state in ('open', 'unknown') or b.state <> 'delivered' and i.confirmed > 0))
       and (${isReadBack} or not exists (select from written w where w.run = s.run and w.seq = s.seq)))`,
    ...['seen', 'deletions', 'chosen_extras', 'replays', 'chosen_keys', 'repeated'].map(
      (table) => `${table}_dropped as (delete from ${table} t using ${from} where t.run = ${run})`,
    ),
  ].join(', ');
