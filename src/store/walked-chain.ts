// One subject's chain as it is walked, and its row, which is compared with the chain's end.
import type { TrailVerdict } from '../actions/store.ts';
import {
  accountState,
  type ChainPosition,
  headOf,
  installationState,
  type Subject,
  tokenState,
  userState,
} from '../rules/chain.ts';
import type { Keyring } from '../rules/keyring.ts';
import { accountOf, chainOf, installationOf, type Row, text, tokenOf, userOf } from './rows.ts';
import { subjectOf } from './trail.ts';
import { ChainWalk } from './verify-chain.ts';

export type Broken = NonNullable<TrailVerdict['firstBroken']>;
export type Kind = 'installation' | 'account' | 'user' | 'token';

/** What a subject's row claims of its chain, and the state that its head seals. */
interface Sealed {
  subject: Subject;
  claimed: ChainPosition;
  keyId: string;
  head: string;
  state: (string | number | boolean | null)[];
}

function sealedOf(kind: Kind, row: Row): Sealed {
  const common = { claimed: chainOf(row), keyId: text(row, 'key_id'), head: text(row, 'head') };
  switch (kind) {
    case 'user': {
      const user = userOf(row);
      return { ...common, subject: subjectOf.user(user.id), state: userState(user) };
    }
    case 'account': {
      const account = accountOf(row);
      return { ...common, subject: subjectOf.account(account.kid), state: accountState(account) };
    }
    case 'token': {
      const token = tokenOf(row);
      return { ...common, subject: subjectOf.token(token.id), state: tokenState(token) };
    }
    default:
      return {
        ...common,
        subject: subjectOf.installation,
        state: installationState(installationOf(row)),
      };
  }
}

/** A subject's row beside its chain as it is walked. */
export class WalkedChain {
  readonly subject: Subject;
  readonly walk: ChainWalk;
  readonly #keyring: Keyring;
  readonly #sealed: Sealed;

  /** @param broke whether a key was lost, so that chains have breaks. */
  constructor(keyring: Keyring, kind: Kind, row: Row, broke: boolean) {
    this.#keyring = keyring;
    this.#sealed = sealedOf(kind, row);
    this.subject = this.#sealed.subject;
    this.walk = new ChainWalk(keyring, this.subject, broke);
  }

  /** Compares the next event of the chain with the one before it. */
  next(row: Row): Broken | null {
    return this.walk.step(row);
  }

  /** Compares the row with its chain's end and with its head. */
  end(): Broken | null {
    const { claimed, keyId, head, state } = this.#sealed;
    const broken = (reason: string): Broken => ({ subject: this.subject, seq: null, reason });
    const waiting = this.walk.end();
    if (waiting) return waiting;
    const { count, link } = this.walk.reached;
    if (count !== claimed.count || link !== claimed.link) {
      return broken('the newest event is missing, or one was added');
    }
    const key = this.#keyring.get(keyId);
    if (!key) return broken(`the key ring has no key "${keyId}"`);
    if (headOf(key.trail, this.subject, claimed, state) !== head) {
      return broken("the row was changed behind the trail's back");
    }
    return null;
  }
}
