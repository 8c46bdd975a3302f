// The connections of a store, lent by knex's pool and handed on from one work to the next.
import type { Knex } from 'knex';
import { type Connection, isLost } from './postgres-connect.ts';

/** A connection of the pool, which makes another in the place of one that is marked so. */
type Lent = Connection & { __knex__disposed?: unknown };

/**
 * Asking the pool costs more than half a statement, and a sign-in asks twice. What one work gives back, the next one of the
 * same turn of the event loop has; what nobody wants by then, and what somebody waits for, is the pool's.
 */
export class Connections {
  readonly #client: Knex.Client;
  #spare: Lent[] = [];
  /** How many wait for the pool. */
  #waiting = 0;
  #reached = false;

  constructor(client: Knex.Client) {
    this.#client = client;
  }

  /** Whether there was a connection once. */
  get reached(): boolean {
    return this.#reached;
  }

  /** Work that has a connection to itself. @throws what the work throws, and what keeps a connection from being made. */
  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = this.#takeSpare() ?? (await this.#acquire());
    try {
      return await work(connection);
    } catch (error) {
      if (isLost(error)) connection.__knex__disposed = error;
      throw error;
    } finally {
      this.#giveBack(connection);
    }
  }

  #takeSpare(): Lent | undefined {
    const connection = this.#spare.pop();
    if (connection?.__knex__disposed === undefined) return connection;
    this.#release(connection);
    return this.#takeSpare();
  }

  async #acquire(): Promise<Lent> {
    this.#waiting += 1;
    try {
      const connection = (await this.#client.acquireConnection()) as Lent;
      this.#reached = true;
      return connection;
    } finally {
      this.#waiting -= 1;
    }
  }

  #giveBack(connection: Lent): void {
    // Whoever waits goes before whoever has not come yet.
    if (this.#waiting > 0 || connection.__knex__disposed !== undefined) this.#release(connection);
    else if (this.#spare.push(connection) === 1) setImmediate(() => this.releaseSpare());
  }

  /** Leaves the pool whatever nobody wants. */
  releaseSpare(): void {
    const spare = this.#spare;
    this.#spare = [];
    for (const connection of spare) this.#release(connection);
  }

  #release(connection: Lent): void {
    void this.#client.releaseConnection(connection);
  }
}
