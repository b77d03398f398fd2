import type { FailureCode } from '../../../model/failure/failure.ts';
import type { Heard } from '../limits/announced.ts';
import type { Outcome } from '../limits/breaker.ts';

/** What a worker has seen of a connection and not yet told the others. */
export class Evidence {
  #outcomes = new Map<string, Outcome>();
  #heard = new Map<string, Heard>();

  note(caller: string, code: FailureCode | undefined): void {
    const known = this.#outcomes.get(caller) ?? { caller, ok: 0, failed: 0 };
    const next = code === undefined ? { ...known, ok: known.ok + 1 } : { ...known, failed: known.failed + 1, code };
    this.#outcomes.set(caller, next);
  }

  hear(heard: readonly Heard[]): void {
    for (const limit of heard) this.#heard.set(limit.name, limit);
  }

  /** Everything so far; it is not told twice. */
  take(): { readonly outcomes: readonly Outcome[]; readonly heard: readonly Heard[] } {
    const taken = { outcomes: [...this.#outcomes.values()], heard: [...this.#heard.values()] };
    this.#outcomes = new Map();
    this.#heard = new Map();
    return taken;
  }
}
