// How users of an account stand in the roll call by each channel, and which of them are to be called.
import {
  type ChannelFacts,
  type CheckWordOwner,
  isForAddress,
  isToBeCalled,
  type Standing,
  standingOf,
} from '../rules/check-word.ts';
import type { Channel } from '../rules/code.ts';
import { addressProblem } from '../rules/contact.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { Instant } from '../rules/time.ts';
import type { Allowance, Skipped } from './many-messages.ts';
import type { ChannelRecord, RollCallEntry } from './roll-call-store.ts';
import type { User } from './store.ts';

/** The address of a user by a channel, as it is written and as it is compared; null for one that takes no messages. */
export function addressOf(user: User, via: Channel): { to: string; owner: CheckWordOwner } | null {
  const [to, addressKey] = via === 'email' ? [user.email, user.emailKey] : [user.phone, user.phoneKey];
  if (to === null || addressKey === null || addressProblem(user, via) !== null) return null;
  return { to, owner: { userId: user.id, via, addressKey } };
}

/** What decides how a user stands by a channel: words that went to another address than the present one are none. */
export function factsOf(user: User, via: Channel, record: ChannelRecord, keyring: Keyring): ChannelFacts {
  const { word, provedAt } = record;
  const address = addressOf(user, via);
  const present = word !== null && address !== null && isForAddress(word, keyring, address.owner.addressKey);
  return { addressProblem: addressProblem(user, via), provedAt, word: present ? word : null };
}

/** How a user stands by a channel. */
export function standing(entry: RollCallEntry, via: Channel, keyring: Keyring, now: Instant): Standing {
  return standingOf(factsOf(entry.user, via, entry.channels[via], keyring), now);
}

/** Somebody who is to be sent check words. */
export interface ToCall {
  user: User;
  via: Channel;
}

/** Users who are seen to one after the other, for as long as the channels take what they need. */
export class RollCallPart {
  readonly toCall: ToCall[] = [];
  readonly skipped: Skipped[] = [];
  alreadyReachable = 0;
  alreadyCalled = 0;
  /** The username of the last user who was seen to. */
  last: string | null = null;
  /** The channel that took no more, once one did not. */
  blocked: Allowance | null = null;
  readonly #keyring: Keyring;
  readonly #now: Instant;
  readonly #allowances: ReadonlyMap<Channel, Allowance>;

  /** @param allowances what each channel that was asked for takes now. */
  constructor(keyring: Keyring, now: Instant, allowances: ReadonlyMap<Channel, Allowance>) {
    this.#keyring = keyring;
    this.#now = now;
    this.#allowances = allowances;
  }

  /** @returns whether the user was seen to; nobody is by half, so that the next part goes on with them. */
  see(entry: RollCallEntry): boolean {
    const { user } = entry;
    const standings = [...this.#allowances].map(([via, allowance]) => ({
      via,
      allowance,
      ...standing(entry, via, this.#keyring, this.#now),
    }));
    const calls = standings.filter(isToBeCalled);
    this.blocked = calls.find(({ allowance }) => allowance.left === 0)?.allowance ?? null;
    if (this.blocked) return false;
    for (const { via, allowance } of calls) {
      allowance.take();
      this.toCall.push({ user, via });
    }
    for (const { via, state, reason } of standings) {
      if (state === 'reachable') this.alreadyReachable += 1;
      if (state === 'called') this.alreadyCalled += 1;
      if (state === 'no-address') this.skipped.push({ username: user.username, via, reason: reason ?? '' });
    }
    this.last = user.username;
    return true;
  }
}
