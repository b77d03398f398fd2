import type { ServerResponse } from 'node:http';
import { DestinationSystem } from './destination.ts';
import { type Asked, lateness, listen, spoil, type Told, tell, troubles } from './http.ts';
import { randomOf } from './random.ts';
import { SourceSystem } from './source.ts';
import { readVicious, ViciousSystems } from './vicious-systems.ts';

/**
 * The source and the destinations of the yard, as a program of their own: it knows nothing of the engine. Below
 * `/control` the yard changes the source, sets how often something goes wrong, and reads what is true.
 */
const random = randomOf(Number(process.argv[2] ?? 1));
const source = new SourceSystem();
const destinations = new Map(['t2', 't3', 't4', 't5'].map((name) => [name, new DestinationSystem(name === 't2')]));
const vicious = new ViciousSystems(readVicious(process.argv[3] ?? '[]'));
let troubleShare = 0;
let forgets = false;
const fired: Record<string, number> = {};
/** The pages that were given, as `of since cursor`. */
const reads: string[] = [];

async function handle(asked: Asked, response: ServerResponse): Promise<void> {
  const [, first = '', second = ''] = asked.path.split('/');
  if (first === 'control') return tell(response, { status: 200, body: control(second, asked.query) });
  const pair = vicious.of(first);
  if (pair) {
    // By its own clock, which is not that of this machine.
    response.setHeader('date', new Date(pair.source.nowMs).toUTCString());
    if (second === 'source') return answerRead(response, 'source', () => pair.source.answer(asked));
    if (asked.method === 'GET') return answerRead(response, 'look-up', () => pair.destination.lookUp(asked));
    return answerWrite(response, 'vicious', asked, pair.destination);
  }
  if (first === 'source') return answerRead(response, 'source', () => page(second, asked));
  const destination = destinations.get(first);
  if (!destination) return tell(response, { status: 404, body: {} });
  if (asked.method === 'GET') return answerRead(response, 'look-up', () => destination.lookUp(asked));
  return answerWrite(response, first, asked, destination);
}

function page(of: string, asked: Asked): Told {
  reads.push(`${of} ${asked.query.get('since') ?? ''} ${asked.query.get('cursor') ?? ''}`);
  const given = source.page(asked, random, forgets);
  if (forgets && given.body.next === null) note('source: forgot the rest');
  return given;
}

async function answerRead(response: ServerResponse, who: string, work: () => Told): Promise<void> {
  const trouble = random.chance(troubleShare) ? random.pick(troubles) : null;
  if (trouble === null) return tell(response, work());
  note(`${who}: ${trouble}`);
  if (trouble === 'late') await lateness(random);
  await spoil(response, trouble, work());
}

interface Writable {
  /** How many records a request names. */
  itemsIn(asked: Asked): number;
  /** Works on a write; of its items only the first `share` take effect. */
  write(asked: Asked, share: number): Told;
}

/** 413 and 429 say that nothing happened; other troubles may come before the effect, after it, or in the middle of it. */
async function answerWrite(response: ServerResponse, name: string, asked: Asked, destination: Writable): Promise<void> {
  const several = destination.itemsIn(asked) > 1;
  const trouble = random.chance(troubleShare) ? random.pick([...troubles, '413']) : null;
  if (trouble === null) return tell(response, destination.write(asked, 1));
  const verb = asked.method === 'DELETE' ? 'delete' : 'write';
  if (trouble === '413') {
    if (!several) return tell(response, destination.write(asked, 1));
    note(`${verb}: 413`);
    return tell(response, { status: 413, body: {} });
  }
  if (trouble === '429') {
    note(`${verb}: 429`);
    return spoil(response, trouble, { status: 429, body: {} });
  }
  const share = wholly.has(trouble) ? 1 : random.pick(several ? [0, 0.5, 1] : [0, 1]);
  note(`${verb}: ${trouble}${wholly.has(trouble) ? '' : ` ${moments[share]}`}`);
  if (trouble === 'late') await lateness(random);
  const told = destination.write(asked, share);
  // A request that a proxy repeats: only a destination that recognises it bears that.
  if (trouble === 'twice' && (name === 't2' || name === 't3')) destination.write(asked, share);
  await spoil(response, trouble, told);
}

const wholly: ReadonlySet<string> = new Set(['late', 'twice']);
const moments: Readonly<Record<number, string>> = { 0: 'before', 0.5: 'in part', 1: 'after' };

function note(what: string): void {
  fired[what] = (fired[what] ?? 0) + 1;
}

function control(what: string, query: URLSearchParams): unknown {
  const number = (name: string) => Number(query.get(name));
  switch (what) {
    case 'change':
      source.change(random, { added: number('added'), changed: number('changed'), removed: number('removed') });
      return {};
    case 'trouble':
      troubleShare = number('share');
      forgets = number('forgets') === 1;
      return {};
    case 'truth':
      return source.truth();
    case 'deletions':
      return source.deletions.slice(number('from'));
    case 'journal':
      return (destinations.get(query.get('of') ?? '')?.journal ?? []).slice(number('from'));
    case 'vicious':
      return vicious.control(query);
    case 'fired':
      return fired;
    case 'reads':
      return reads.splice(0);
    default:
      return {};
  }
}

process.stdin.resume().on('end', () => process.exit(0));
process.stdout.write(`${await listen(handle)}\n`);
