/** Collects the lines of a generated function, and the values that its lines refer to. */
export class CodeWriter {
  readonly #lines: string[] = [];
  readonly #bound = new Map<unknown, string>();
  #names = 0;

  line(text: string): void {
    this.#lines.push(text);
  }

  /** A new variable's name. */
  name(): string {
    this.#names += 1;
    return `v${this.#names}`;
  }

  /** The name under which the function finds this value. */
  bind(value: unknown): string {
    const known = this.#bound.get(value);
    if (known) return known;
    const name = `k${this.#bound.size}`;
    this.#bound.set(value, name);
    return name;
  }

  /** A constant for an expression, so that it is computed once. */
  keep(expression: string): string {
    const name = this.name();
    this.line(`const ${name} = ${expression};`);
    return name;
  }

  /** The function of these parameters. Every text in its lines has gone through JSON.stringify, so none can end a literal. */
  build(...parameters: readonly string[]): (...values: unknown[]) => unknown {
    const body = `'use strict';\nreturn function generated(${parameters.join(', ')}) {\n${this.#lines.join('\n')}\n};`;
    return new Function(...this.#bound.values(), body)(...this.#bound.keys());
  }
}
