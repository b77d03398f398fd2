/** What becomes of a question. */
export interface Inquirer<T> {
  ask(): Promise<T>;
  answered(answer: T): void;
  /** Something happened while it was asked: the answer does not count, and the question is asked again. */
  outdated(answer: T): void;
  failed(error: unknown): void;
  /** After each answer that counts, and each failure. */
  settled(): void;
}

/** Asks one question at a time, however often it is wanted. */
export class Inquiry<T> {
  readonly #inquirer: Inquirer<T>;
  #isAsking = false;
  #isOutdated = false;

  constructor(inquirer: Inquirer<T>) {
    this.#inquirer = inquirer;
  }

  /** Asks, unless it is being asked. */
  async ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    do {
      this.#isOutdated = false;
      try {
        const answer = await this.#inquirer.ask();
        if (this.#isOutdated) this.#inquirer.outdated(answer);
        else this.#inquirer.answered(answer);
      } catch (error) {
        this.#inquirer.failed(error);
      }
    } while (this.#isOutdated);
    this.#isAsking = false;
    this.#inquirer.settled();
  }

  /** Asks; an answer that is under way does not count. */
  askAnew(): void {
    this.#isOutdated = true;
    void this.ask();
  }
}
