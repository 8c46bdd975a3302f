// What an operation is: the input it takes, the permission it needs, and the function that carries it out.
import type * as v from 'valibot';
import type { Permission, Role } from '../rules/authority.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { Instant } from '../rules/time.ts';
import type { Delivery } from './delivery.ts';
import type { Actor, Store, Token } from './store.ts';

/** The one for whom a call is made, known by their token. */
export interface Operator extends Actor {
  role: Role;
  tokenId: number;
  token: Token;
  /** The account that the token is narrowed to. */
  kid: string | null;
  /** The user a System Administrator's token belongs to. */
  username: string | null;
  app: string | null;
  mayContacts: boolean;
  /** Whether the installation that the token is of is a sandbox. */
  sandbox: boolean;
  verifiedUntil: Instant | null;
}

/** What an operation works with. Everything costly is opened when it is first asked for. */
export interface Services {
  store(): Promise<Store>;
  delivery(): Promise<Delivery>;
  keyring(): Promise<Keyring>;
  /** Cryptographic random bytes. */
  random: { code(): string; token(): Buffer };
  /** Says something to the person at the terminal, beside the result. */
  notice(text: string): void;
}

/** One call: who makes it, with which services. */
export interface Call extends Services {
  operator: Operator;
  /** The account that the call is about; empty for operations that are about none. */
  kid: string;
  /** Whether contact data is masked for this operator. */
  masked: boolean;
}

/** A result with the exit code that goes with it. */
export interface Answer<R = unknown> {
  exit: number;
  result: R;
}

export interface Operation<I = never, R = unknown> {
  permission: Permission;
  /** `required`: the call is about an account. `optional`: it may be narrowed to one. `none`: it has no account. */
  account: 'required' | 'optional' | 'none';
  input: v.GenericSchema<unknown, I>;
  perform(call: Call, input: I): Promise<Answer<R>>;
}

/** Defines an operation, so that its input and result are inferred. */
export function operation<I, R>(definition: Operation<I, R>): Operation<I, R> {
  return definition;
}

export function done<R>(result: R, exit = 0): Answer<R> {
  return { exit, result };
}
