export const leftStaged = `from runs r join (select distinct run, seq from staged) s on s.run = r.id
  join runs now on now.sync_id = r.sync_id and now.id = $1 where r.id <> now.id
    and (not exists (select from written w where w.run = s.run and w.seq = s.seq)
      or exists (select from intents i where i.run = s.run and i.seq = s.seq and i.state in ('open', 'unknown')))`;
