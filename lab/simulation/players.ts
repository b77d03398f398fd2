import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { workerNodeFlags } from '../../workers/node-flags.ts';
import { openArena } from './arena.ts';
import { type Broken, noTally, type Tally } from './play.ts';
import type { PlayerInput, PlayerWord } from './player.ts';

export interface Played {
  readonly tally: Tally;
  /** The first schedule of each player and class that broke a promise. */
  readonly broken: readonly Broken[];
}

/** Has so many processes play the schedules between them, up to the first breach. `soFar` hears what was played. */
export async function playInProcesses(
  processes: number,
  input: Omit<PlayerInput, 'share'>,
  soFar: (tally: Tally) => void,
): Promise<Played> {
  // Once, before the players find an empty database all at the same moment.
  await (await openArena(input.databaseUrl)).close();
  let tally = noTally;
  const broken: Broken[] = [];
  const players = Array.from({ length: processes }, (_, index) =>
    startPlayer({ ...input, share: { index, of: processes } }),
  );
  const end = () => {
    for (const player of players) player.kill('SIGKILL');
  };
  for (const player of players)
    player.on('message', (word: PlayerWord) => {
      if ('played' in word) {
        tally = added(tally, word.played);
        soFar(tally);
        return;
      }
      broken.push(word.broken);
      end();
    });
  const codes = await Promise.all(players.map(codeOf));
  if (broken.length === 0 && codes.some((code) => code !== 0)) throw new Error('a player ended before its schedules');
  return { tally, broken };
}

function startPlayer(input: PlayerInput): ChildProcess {
  const program = fileURLToPath(new URL('./player.js', import.meta.url));
  return fork(program, [JSON.stringify(input)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [...workerNodeFlags],
  });
}

async function codeOf(player: ChildProcess): Promise<number | null> {
  const [code]: (number | null)[] = await once(player, 'exit');
  return code ?? null;
}

const added = (sum: Tally, one: Tally): Tally => ({
  schedules: sum.schedules + one.schedules,
  faults: sum.faults + one.faults,
  retried: sum.retried + one.retried,
  skipped: sum.skipped + one.skipped,
});
