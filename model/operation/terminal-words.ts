import type { Help, LocalName, OperationName } from './operation-name.ts';

/** What the words are about; without it they say SYNC, NAME or CODE. */
export interface Subject {
  readonly sync?: string;
  readonly code?: string;
  /** Of a connection or secret. */
  readonly name?: string;
}

const words: Readonly<Record<OperationName | LocalName, string>> = {
  status: 'status SYNC',
  'run.start': 'run SYNC',
  'run.follow': 'run SYNC --wait',
  'run.retry': 'retry SYNC',
  'run.retryWaiting': 'retry --connection NAME',
  'run.skip': 'skip SYNC',
  'run.pause': 'pause SYNC',
  'run.resume': 'resume SYNC',
  'run.cancel': 'cancel SYNC',
  plan: 'plan SYNC',
  'schedule.apply': 'schedule apply',
  'schedule.list': 'schedule list',
  'schedule.trigger': 'schedule trigger SYNC',
  'schedule.pause': 'schedule pause SYNC',
  'schedule.resume': 'schedule resume SYNC',
  'schedule.backfill': 'schedule backfill SYNC',
  'positions.list': 'positions SYNC',
  'positions.set': 'positions set SYNC',
  reconcile: 'reconcile SYNC',
  'reconcile.giveUp': 'reconcile SYNC --give-up',
  recover: 'recover SYNC',
  explain: 'explain SYNC',
  'quarantine.list': 'quarantine list SYNC',
  'quarantine.show': 'quarantine show SYNC',
  'quarantine.replay': 'quarantine replay SYNC',
  'quarantine.drop': 'quarantine drop SYNC',
  'calls.list': 'calls list SYNC',
  'calls.show': 'calls show',
  'connections.list': 'connections',
  'connections.release': 'connections release NAME',
  'secrets.list': 'secrets list',
  'secrets.set': 'secrets set NAME',
  'secrets.rotate': 'secrets rotate NAME',
  'secrets.rotateKey': 'secrets rotate --key',
  'secrets.remove': 'secrets remove NAME',
  check: 'check',
  'docs.write': 'docs',
  doctor: 'doctor',
  'stack.start': 'dev',
  version: '--version',
};

/** The command to paste: `syncline quarantine replay orders --code KEY_MISSING --wait`. Pure. */
export function terminalCommand(
  help: Help,
  { sync = 'SYNC', code = 'CODE', name: subject = 'NAME' }: Subject = {},
): string {
  const [name, ...options] = help.split(' ');
  const command = isWord(name) ? words[name].replace('SYNC', sync).replace('NAME', subject) : help;
  const given = options.map((option) => (option === 'code' ? `--code ${code}` : `--${dashed(option)}`));
  return ['syncline', command, ...given].join(' ');
}

/** A text that names operations in braces, as the terminal says it. Pure. */
export const terminalText = (text: string, subject: Subject = {}): string =>
  text.replace(/\{([a-z]+(?:\.[a-zA-Z]+)?(?: [a-zA-Z]+)*)\}/g, (whole, help: string) =>
    isWord(help.split(' ')[0]) ? `\`${terminalCommand(help as Help, subject)}\`` : whole,
  );

const isWord = (name: string | undefined): name is keyof typeof words =>
  name !== undefined && Object.hasOwn(words, name);

const dashed = (option: string): string => option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
