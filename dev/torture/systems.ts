import type { ServerResponse } from 'node:http';
import { DestinationSystem } from './destination.ts';
import { type Asked, lateness, listen, spoil, tell, troubles } from './http.ts';
import { type Random, randomOf } from './random.ts';
import { SourceSystem } from './source.ts';

/**
 * The source and the destinations of the yard, as a program of their own: it knows nothing of the engine. Below
 * `/control` the yard changes the source, sets how often something goes wrong, and reads what is true.
 */
const random = randomOf(Number(process.argv[2] ?? 1));
const source = new SourceSystem();
const destinations = new Map(['t2', 't3', 't4', 't5'].map((name) => [name, new DestinationSystem(name === 't2')]));
let troubleShare = 0;
const fired: Record<string, number> = {};

async function handle(asked: Asked, response: ServerResponse): Promise<void> {
  const [, first = '', second = ''] = asked.path.split('/');
  if (first === 'control') return tell(response, { status: 200, body: control(second, asked.query) });
  if (first === 'source') return answerRead(response, 'source', () => source.page(asked, random));
  const destination = destinations.get(first);
  if (!destination) return tell(response, { status: 404, body: {} });
  if (asked.method === 'GET') return answerRead(response, 'look-up', () => destination.lookUp(asked));
  return answerWrite(response, first, asked, destination);
}

async function answerRead(response: ServerResponse, who: string, work: () => ReturnType<SourceSystem['page']>) {
  const trouble = random.chance(troubleShare) ? random.pick(troubles) : null;
  if (trouble === null) return tell(response, work());
  note(`${who}: ${trouble}`);
  if (trouble === 'late') await lateness(random);
  await spoil(response, trouble, work());
}

/** 429 says that nothing happened; any other trouble may come before the effect, after it, or in the middle of it. */
async function answerWrite(response: ServerResponse, name: string, asked: Asked, destination: DestinationSystem) {
  const trouble = random.chance(troubleShare) ? random.pick(troubles) : null;
  if (trouble === null) return tell(response, destination.write(asked, 1));
  if (trouble === '429') {
    note('write: 429');
    return spoil(response, trouble, { status: 429, body: {} });
  }
  const share = trouble === 'late' ? 1 : shareOf(name, random);
  note(`write: ${trouble}${trouble === 'late' ? '' : share === 0 ? ' before' : share === 1 ? ' after' : ' in part'}`);
  if (trouble === 'late') await lateness(random);
  await spoil(response, trouble, destination.write(asked, share));
}

const shareOf = (name: string, draw: Random): number => (name === 't5' ? draw.pick([0, 1]) : draw.pick([0, 0.5, 1]));

function note(what: string): void {
  fired[what] = (fired[what] ?? 0) + 1;
}

function control(what: string, query: URLSearchParams): unknown {
  switch (what) {
    case 'change':
      source.change(random, Number(query.get('added')), Number(query.get('changed')));
      return {};
    case 'trouble':
      troubleShare = Number(query.get('share'));
      return {};
    case 'truth':
      return source.truth();
    case 'journal':
      return destinations.get(query.get('of') ?? '')?.journal ?? [];
    case 'fired':
      return fired;
    default:
      return {};
  }
}

process.stdin.resume().on('end', () => process.exit(0));
process.stdout.write(`${await listen(handle)}\n`);
