import type { OperationName } from '../model/operation/operation-name.ts';

/** A person or a program that asks for something. */
export interface Who {
  readonly kind: 'local';
  /** As the operating system knows them. */
  readonly name: string;
}

/** What was asked for: by its name, and of which sync or connection; null when it concerns the project. */
export interface Act {
  readonly operation: OperationName;
  readonly effect: Effect;
  readonly target: string | null;
}

/** `reads`: nothing is changed by it. */
export type Effect = 'reads' | 'acts';

/** Decides who may do what, and keeps what was done. */
export interface Authority {
  /** Throws when it is not allowed. */
  allow(who: Who, act: Act): Promise<void>;
  /** To be told once an act has ended, or was refused; `failure`: the code of what it ended with. Told once of each. */
  record(who: Who, act: Act, failure: string | null): Promise<void>;
}

/** Whoever can start the program on this machine may do everything: the operating system has decided. */
export const localAuthority: Authority = {
  allow: async () => {},
  record: async () => {},
};
