import { readFileSync, writeSync } from 'node:fs';
import { seededDraws } from '../../model/text/seeded-draws.ts';

/**
 * Named places where a process ends, freezes or is told to stop, for tests that break everything. Off unless
 * SYNCLINE_FAILPOINT names some: `NAME:PROBABILITY:ACTION`, separated by commas, such as
 * `deliveries.openIntent.after:0.1:kill`; or `@FILE`, a file that holds this text and may change at any moment.
 * SYNCLINE_FAILPOINT_SEED makes the draws repeatable.
 */
export type Failpoint = (name: string) => void;

type Action = 'kill' | 'stop' | 'term';
const signals: Record<Action, NodeJS.Signals> = { kill: 'SIGKILL', stop: 'SIGSTOP', term: 'SIGTERM' };

interface Armed {
  readonly probability: number;
  readonly action: Action;
}
type Arms = ReadonlyMap<string, Armed>;

/** Null when nothing is armed, so that nothing has to be asked. Throws on a text that it does not understand. */
export function readFailpoints(env: NodeJS.ProcessEnv): Failpoint | null {
  const text = env['SYNCLINE_FAILPOINT'] ?? '';
  if (text === '') return null;
  const armed = text.startsWith('@') ? armsInFile(text.slice(1)) : armsIn(text);
  const draw = seededDraws(Number(env['SYNCLINE_FAILPOINT_SEED'] ?? 1));
  return (name) => {
    const found = armed().get(name);
    if (found === undefined || draw() >= found.probability) return;
    // Written before the signal, and not buffered: it may be the last thing that this process does.
    writeSync(2, `failpoint ${name} ${found.action}\n`);
    process.kill(process.pid, signals[found.action]);
  };
}

function armsIn(text: string): () => Arms {
  const arms = parse(text);
  return () => arms;
}

/** Read at each place, so that a process that runs can be armed and disarmed. */
function armsInFile(file: string): () => Arms {
  let known = { text: '', arms: parse('') };
  return () => {
    const text = readFileSync(file, 'utf8').trim();
    if (text !== known.text) known = { text, arms: parse(text) };
    return known.arms;
  };
}

const parse = (text: string): Arms => new Map(text === '' ? [] : text.split(',').map(parseOne));

function parseOne(text: string): [string, Armed] {
  const match = /^([\w.]+):(0?\.\d+|[01]):(kill|stop|term)$/.exec(text);
  const [, name = '', probability = '', action = ''] = match ?? [];
  if (match === null || !isAction(action))
    throw new Error(`SYNCLINE_FAILPOINT: expected NAME:PROBABILITY:kill|stop|term, found ${text}`);
  return [name, { probability: Number(probability), action }];
}

const isAction = (text: string): text is Action => Object.hasOwn(signals, text);
