// Remembers rows that were found as twofa wrote them, by everything that was read of them: the next look costs no HMAC.
import type { Authentication } from '../actions/store.ts';
import type { DerivedKeys, Keyring } from '../rules/keyring.ts';
import { type Row, text } from './rows.ts';
import { notWritten, sealedAccount, sealedToken, sealedUser } from './sealed.ts';
import { subjectOf } from './trail.ts';

/** How many rows are remembered; then it begins anew. */
const rowsMax = 1000;

/**
 * Rows that seldom change, such as an account's or a token's. Each is read from the database every time, with whether its
 * chain has gone on since: what was revoked or changed is another text, and is checked like one never seen.
 */
export class KnownRows<T> {
  readonly #check: (keyring: Keyring, row: Row) => T;
  readonly #known = new Map<string, { key: DerivedKeys; value: T }>();

  /** @param check makes sure that a row is as twofa wrote it, and throws when it is not. */
  constructor(check: (keyring: Keyring, row: Row) => T) {
    this.#check = check;
  }

  /**
   * What a row says, given as JSON text of all that was read of it.
   * @throws TwofaError `audit-broken`
   */
  read(keyring: Keyring, json: string): T {
    const known = this.#known.get(json);
    // A key that was taken out of the ring seals nothing any more.
    if (known && keyring.get(known.key.id) === known.key) return known.value;
    const row = JSON.parse(json) as Row;
    const value = this.#check(keyring, row);
    const key = keyring.get(text(row, 'key_id'));
    if (this.#known.size >= rowsMax) this.#known.clear();
    if (key) this.#known.set(json, { key, value });
    return value;
  }
}

/** The accounts and tokens that a store's sign-ins have to do with, each given as JSON text. */
export class KnownSubjects {
  readonly keyring: Keyring;
  readonly #accounts = new KnownRows(sealedAccount);
  readonly #tokens = new KnownRows(sealedToken);
  /** Digests of tokens that are no user's. */
  readonly #ofNobody = new Set<string>();

  constructor(keyring: Keyring) {
    this.keyring = keyring;
  }

  /** @throws TwofaError `audit-broken` */
  account(json: string) {
    return this.#accounts.read(this.keyring, json);
  }

  /**
   * Whether a token was found to be no user's, which it stays: its user need not be looked for again. Where one is written
   * into its row all the same, the row does not fit its head.
   */
  isOfNobody(digest: string): boolean {
    return this.#ofNobody.has(digest);
  }

  /**
   * Who has a token: its row, and the rows of its user and their account where it has one.
   * @throws TwofaError `audit-broken`
   */
  authenticated(
    json: string,
    ofUser: string | null,
    ofAccount: string | null,
  ): Pick<Authentication, 'token' | 'user' | 'enabledAt'> {
    const token = this.#tokens.read(this.keyring, json);
    if (token.userId === null) {
      if (this.#ofNobody.size >= rowsMax) this.#ofNobody.clear();
      this.#ofNobody.add(token.digest);
      return { token, user: null, enabledAt: null };
    }
    if (ofUser === null || ofAccount === null) throw notWritten(subjectOf.token(token.id));
    const user = sealedUser(this.keyring, JSON.parse(ofUser));
    const { enabledAt } = this.account(ofAccount);
    return { token: { ...token, user: user.username }, user, enabledAt };
  }
}
