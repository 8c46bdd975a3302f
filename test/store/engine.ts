// What the contract asks of a database engine under test.
import type { Knex } from 'knex';
import type { Store } from '../../src/actions/store.ts';
import type { Keyring } from '../../src/rules/keyring.ts';
import type { RotatingKeyring } from '../support/store.ts';

export type Value = string | number | null;

/** A new store on the engine, with the ways around it that only a test has. */
export interface Opened {
  store: Store;
  keyring: RotatingKeyring;
  /** Lets time pass, by the clock that goes with the state. */
  move(ms: number): Promise<void>;
  /** Runs one statement beside the store, with `?` for bindings; triggers and constraints hold. @returns rows of a query. */
  sql(text: string, ...bindings: Value[]): Promise<Record<string, unknown>[]>;
  /** The same with all triggers out of the way. */
  tamper(text: string, ...bindings: Value[]): Promise<void>;
  /** Opens the same store once more, with its own key unless another is given. */
  again(keyring?: Keyring): Promise<Store>;
  /** A connection of its own, for migrations; the caller destroys it. */
  connect(): Knex;
  remove(): Promise<void>;
}

export interface Engine {
  name: string;
  /** Whether events are numbered without a gap, so that the trail itself tells of a number that is gone. */
  gapless: boolean;
  open(): Promise<Opened>;
}
