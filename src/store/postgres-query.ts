// A named statement on a connection, in the fewest messages that the protocol takes for it.
import type { Connection, Query } from './postgres-connect.ts';

/** A named statement, which the server prepares once for each connection. Who wrote it knows its columns. */
export interface Statement {
  name: string;
  text: string;
  values: readonly Value[];
}

export type Value = string | number | boolean | null | undefined;

/** A row as the server sends it: each column as text. */
export type TextRow = readonly (string | null)[];

/** What pg writes to and reads from. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  /** What the server has prepared here, by name. pg keeps it, by the name and the text of the query that is under way. */
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  parse(statement: { name: string; text: string }): void;
  bind(bound: { statement: string; values: readonly (string | null)[] }): void;
  execute(): void;
  sync(): void;
}

function textOf(value: Value): string | null {
  return value === null || value === undefined ? null : String(value);
}

/**
 * A query of pg's own would have the columns described with every answer, and build an object of names for each row. This
 * one sends Parse the first time, then Bind, Execute and Sync (PostgreSQL, "Extended Query").
 */
class NamedQuery implements Query {
  readonly name: string;
  readonly text: string;
  readonly #values: readonly Value[];
  readonly #answered: (rows: TextRow[]) => void;
  readonly #failed: (error: Error) => void;
  readonly #rows: TextRow[] = [];

  constructor(
    { name, text, values }: Statement,
    answered: (rows: TextRow[]) => void,
    failed: (error: Error) => void,
  ) {
    this.name = name;
    this.text = text;
    this.#values = values;
    this.#answered = answered;
    this.#failed = failed;
  }

  submit(wire: Wire): void {
    wire.stream.cork();
    try {
      const { name, text } = this;
      if (wire.parsedStatements[name] === undefined) wire.parse({ name, text });
      wire.bind({ statement: name, values: this.#values.map(textOf) });
      wire.execute();
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }

  handleDataRow({ fields }: { fields: TextRow }): void {
    this.#rows.push(fields);
  }

  handleReadyForQuery(): void {
    this.#answered(this.#rows);
  }

  handleError(error: Error): void {
    this.#failed(error);
  }

  handleCommandComplete(): void {}
}

/** Carries out a named statement. @throws what the server says, or why the connection was lost. */
export function ask(connection: Connection, statement: Statement): Promise<TextRow[]> {
  return new Promise((answered, failed) => {
    connection.query(new NamedQuery(statement, answered, failed));
  });
}
