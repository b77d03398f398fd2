import { z } from 'zod';
import { viceNames } from '../vices/vice.ts';
import { openArena } from './arena.ts';
import { type Broken, play, simulatedClasses, type Tally } from './play.ts';

/** What a player is told, as its only argument in JSON. */
export const playerInput = z.object({
  databaseUrl: z.string(),
  seed: z.number(),
  schedules: z.number(),
  classes: z.array(z.enum(simulatedClasses)),
  shrink: z.boolean(),
  share: z.object({ index: z.number(), of: z.number() }),
  vices: z.array(z.enum(viceNames)),
});
export type PlayerInput = z.output<typeof playerInput>;

/** What it says to its parent. */
export type PlayerWord = { readonly played: Tally } | { readonly broken: Broken };

/** One of the processes that play the schedules between them. It ends with its parent. */
async function main(): Promise<void> {
  const { databaseUrl, classes, ...options } = playerInput.parse(JSON.parse(process.argv[2] ?? ''));
  const orphaned = () => process.exit(1);
  process.once('disconnect', orphaned);
  const say = (word: PlayerWord) => void process.send?.(word);
  const arena = await openArena(databaseUrl);
  // All at once: a schedule mostly waits for the ledger.
  await Promise.all(
    classes.map(async (promise) => {
      const broken = await play(arena, promise, options, (played) => say({ played }));
      if (broken) say({ broken });
    }),
  );
  await arena.close();
  process.off('disconnect', orphaned).disconnect();
}

await main();
