import { terminalText } from '../../model/operation/terminal-words.ts';
import type { Live } from '../../operations/live/facts.ts';

/** The same, with what to do in the words of the terminal. */
export const inTerminalWords = ({ connections, syncs }: Live): Live => ({
  connections: connections.map(worded),
  syncs: syncs.map(worded),
});

const worded = <T extends Live['connections' | 'syncs'][number]>(one: T): T =>
  one.problem === null ? one : { ...one, problem: { ...one.problem, todo: terminalText(one.problem.todo) } };
