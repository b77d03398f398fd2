import { inDoubt } from '../../lab/chaos/evidence.ts';
import { arraySource, createTestEngine } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

test('a delete that an ended run left in doubt is no second batch in doubt', async () => {
  const source = arraySource(() => [{ id: 'a', version: 1, value: 'v' }]);
  const engine = await createTestEngine([{ name: 'left', source, destination: journalDestination({}) }]);
  try {
    await (await engine.start('left')).result();
    await (await engine.start('left')).result();
    const doubtAt = (seq: number, run: 'min' | 'max') =>
      engine.ledger.pool.query(
        `insert into intents (request_id, run, seq, state, items, fingerprint)
         select gen_random_uuid(), ${run}(id::text)::uuid, $1, 'open', 1, gen_random_uuid() from runs`,
        [seq],
      );
    await doubtAt(0, 'min');
    await doubtAt(1, 'max');
    const client = await engine.ledger.pool.connect();
    try {
      expect(await inDoubt(client)).toEqual([{ sync: 'left', requests: 2, batches: 1 }]);
      await doubtAt(2, 'max');
      expect(await inDoubt(client)).toEqual([{ sync: 'left', requests: 3, batches: 2 }]);
    } finally {
      client.release();
    }
  } finally {
    await engine.close();
  }
});
