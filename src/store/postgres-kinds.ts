// Statements written once for each kind of what they are given, and prepared once for each kind on a connection.
import type { Statement, Value } from './postgres-query.ts';

/** A statement that is being written, with how each of its values is got of what it is given. */
export class Draft<G> {
  readonly #values: ((given: G) => Value)[] = [];

  /** A place for a value. @param type what the server takes it for, where it cannot know. */
  bind(value: (given: G) => Value, type?: string): string {
    this.#values.push(value);
    return `$${this.#values.length}${type === undefined ? '' : `::${type}`}`;
  }

  /** The statement, under a name, for whatever of this kind is given. */
  finish(name: string, text: string): (given: G) => Statement {
    const values = this.#values;
    return (given) => ({ name, text, values: values.map((value) => value(given)) });
  }
}

/** Statements by their kind, of which there are a few dozen. */
export class Kinds<G> {
  readonly #prefix: string;
  readonly #made = new Map<string, (given: G) => Statement>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /**
   * The statement of a kind, for what is given.
   * @param write writes the statement of this kind, which the first of a kind stands for.
   */
  statement(kind: string, given: G, write: (draft: Draft<G>) => string): Statement {
    let made = this.#made.get(kind);
    if (!made) {
      const draft = new Draft<G>();
      const text = write(draft);
      made = draft.finish(`${this.#prefix}_${kind}`, text);
      this.#made.set(kind, made);
    }
    return made(given);
  }
}
