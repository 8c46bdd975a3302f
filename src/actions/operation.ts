// What an operation is: the input it takes, the permission it needs, and the function that carries it out.
import type * as v from 'valibot';
import type { Permission, Role } from '../rules/authority.ts';
import type { Checkpoint } from '../rules/checkpoint.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { Instant } from '../rules/time.ts';
import type { Answer } from './answer.ts';
import type { Delivery, Outlet } from './delivery.ts';
import type { HighWater } from './high-water.ts';
import type { AuditExport } from './read-export.ts';
import type {
  Actor,
  CopyWatch,
  KeptNotice,
  KnownEvent,
  SignInAhead,
  Store,
  Token,
  Writing,
} from './store.ts';
import type { CopyProgress } from './store-copy.ts';

export type { Answer };

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
  /** Whether the installation that the token is of is a sandbox, or a copy that sends nothing. */
  sandbox: boolean;
  /** Where the installation's messages go. */
  outlet: Outlet;
  /** Since when the store is a backup that was put back and is not accepted yet. */
  restoredAt: Instant | null;
  /** Whether the System Administrator is locked. */
  locked: boolean;
  /** Whether 2FA is on for the System Administrator's account (R15). */
  needsSecondFactor: boolean;
  /** Until when a verified code makes the token work; null when none does (R15). */
  verifiedUntil: Instant | null;
  /** What the store loaded ahead, for the call's step of a sign-in. */
  loaded?: unknown;
}

/** Where checkpoints of the trail are kept, one a day. */
export interface Checkpoints {
  /** @param day `YYYY-MM-DD` */
  has(day: string): Promise<boolean>;
  /** @returns where it is now; null when another process has kept one meanwhile. */
  keep(day: string, checkpoint: Checkpoint): Promise<string | null>;
}

/** Where a backup of the store goes. */
export interface BackupTarget {
  /**
   * Has a copy made under another name, and gives it its own when it is whole and durable.
   * @param copy fills a file that is there and empty.
   */
  keep(
    copy: (file: string, watch: CopyWatch) => Promise<KnownEvent | null>,
  ): Promise<{ file: string; bytes: number; sha256: string; newest: KnownEvent | null }>;
}

/** What an operation works with. Everything costly is opened when it is first asked for. */
export interface Services {
  store(): Promise<Store>;
  delivery(): Promise<Delivery>;
  keyring(): Promise<Keyring>;
  /**
   * Makes another key than the store's the current one of the ring, durably, where the ring is kept.
   * @returns where that is.
   */
  rotateKey(storeFingerprint: string): Promise<string>;
  /** Cryptographic random bytes. */
  random: { code(): string; token(): Buffer };
  /** Where new recovery codes go before they count; it throws when they cannot be kept. Absent: into the answer alone. */
  keepRecoveryCodes?: (kid: string, codes: readonly string[]) => Promise<void>;
  /** Where `maintain` keeps checkpoints. Absent: it makes none. */
  checkpoints?: Checkpoints;
  /** Where `db.backup` puts its copy. Absent: it makes none. */
  backup?: BackupTarget;
  /** Puts a backup in the place of the store, for `db.restore`. Absent: there is none. */
  replacement?: () => Promise<unknown>;
  /** The export by which `db.restore` does again what happened after a backup. Absent: there is none. */
  auditExport?: AuditExport;
  /** Goes on with work after the answer; the process ends when it is done. */
  background(work: Promise<void>): void;
  /** Says something to the person at the terminal, beside the result. */
  notice(text: string): void;
  /** The newest event known to this machine, where one is kept. */
  highWater?: HighWater;
  /** Is told how far a long request is. */
  progress?(events: number): void;
  /** Is told who makes a request, once that is known. */
  madeBy?(operator: Operator): void;
  /** Is told how far a copy of the store is. Absent: the store is not moved by this door. */
  copied?(progress: CopyProgress): void;
}

/** One call: who makes it, with which services. */
export interface Call extends Services {
  operator: Operator;
  /** The account that the call is about; empty for operations that are about none. */
  kid: string;
  /** Whether contact data is masked for this operator. */
  masked: boolean;
  /**
   * One transaction of this operator: all of it is saved, or, when the work throws, nothing. The work is done again when
   * another transaction came first, so that it leaves nothing outside the tables. Notices that it kept go out afterwards.
   */
  write<T>(work: (tables: Writing) => Promise<T>): Promise<T>;
  /** Notices kept by this call, which go out once it is done. */
  told: KeptNotice[];
}

/** `I`: the input once it is read; `R`: the result; `G`: the input as it is given. */
export interface Operation<I = never, R = unknown, G = unknown> {
  permission: Permission;
  /** `required`: the call is about an account. `optional`: it may be narrowed to one. `none`: it has no account. */
  account: 'required' | 'optional' | 'none';
  input: v.GenericSchema<G, I>;
  /**
   * What a System Administrator's token need not have for this call: an unlocked user, a second factor (R15).
   * Absent: it needs both.
   */
  waives?(input: I): { lock?: boolean; secondFactor?: boolean };
  perform(call: Call, input: I): Promise<Answer<R>>;
  /** The step of a sign-in that this call will be, but for its account: loaded together with the token. */
  ahead?(input: I): Omit<SignInAhead, 'kid'>;
}

/** Defines an operation, so that its input and result are inferred. */
export function operation<I, R, G>(definition: Operation<I, R, G>): Operation<I, R, G> {
  return definition;
}

export function done<R>(result: R, exit = 0): Answer<R> {
  return { exit, result };
}
