// Which requests wait for which: those about one user for each other, those about a whole account for all of its users'.
import type { Request } from '../actions/perform.ts';

/** What a request is about; null: it waits for nobody, and nobody for it. Users and accounts are named by keys. */
export type About =
  | { account: string; users: readonly string[] }
  /** `reads`: it changes nothing, so that nobody has to wait for it. */
  | { account: string; reads: boolean }
  | null;

/** The users whom a request names, as it names them. */
export function namesOf({ user, users, newUsername }: Request): string[] {
  const several: unknown[] = Array.isArray(users) ? users : [];
  return [user, newUsername, ...several].filter((name) => typeof name === 'string');
}

/** Something that happens once. */
class Moment {
  readonly come: Promise<void>;
  #let: () => void = () => {};

  constructor() {
    this.come = new Promise((resolve) => {
      this.#let = resolve;
    });
  }

  now(): void {
    this.#let();
  }
}

/** A request's turn among those before and after it. */
export interface Turn {
  /** Until it may begin; null where it may at once. */
  readonly wait: Promise<unknown> | null;
  /** What it does is done, though its answer may take longer: requests about the whole account need not wait any more. */
  tookEffect(): void;
  /** It was answered: the next one about the same user may begin. */
  answered(): void;
}

class Held implements Turn {
  readonly effect = new Moment();
  readonly answer = new Moment();
  readonly #leave: (turn: Held, answered: boolean) => void;
  wait: Promise<unknown> | null = null;

  constructor(leave: (turn: Held, answered: boolean) => void) {
    this.#leave = leave;
  }

  tookEffect(): void {
    this.#leave(this, false);
    this.effect.now();
  }

  answered(): void {
    this.tookEffect();
    this.#leave(this, true);
    this.answer.now();
  }
}

/** The requests about one account that somebody may have to wait for. */
interface AccountLanes {
  /** The last request about each user. */
  last: Map<string, Held>;
  /** All that have not taken effect. */
  pending: Set<Held>;
  /** The last one about the whole account that changes something, until it has taken effect. */
  whole: Held | null;
}

const free: Turn = { wait: null, tookEffect() {}, answered() {} };

function together(moments: readonly Moment[]): Promise<unknown> | null {
  if (moments.length === 0) return null;
  return moments.length === 1 ? (moments[0] as Moment).come : Promise.all(moments.map(({ come }) => come));
}

/**
 * Turns in the order in which they are asked for. Requests about one user begin when the one before was answered; one
 * about a whole account when all before it have taken effect, and those after it when it has. As everyone waits only for
 * those who came before, nobody waits for ever.
 */
export class Lanes {
  readonly #accounts = new Map<string, AccountLanes>();

  /** How many accounts somebody may have to wait in. */
  get size(): number {
    return this.#accounts.size;
  }

  #lanesOf(account: string): AccountLanes {
    const found = this.#accounts.get(account) ?? { last: new Map(), pending: new Set(), whole: null };
    this.#accounts.set(account, found);
    return found;
  }

  enter(about: About): Turn {
    if (about === null) return free;
    return 'users' in about ? this.#ofUsers(about) : this.#ofAccount(about);
  }

  #ofUsers({ account, users }: { account: string; users: readonly string[] }): Turn {
    const lanes = this.#lanesOf(account);
    const before = [...new Set(users)].flatMap((user) => lanes.last.get(user)?.answer ?? []);
    if (lanes.whole) before.push(lanes.whole.effect);
    const turn: Held = new Held((self, answered) => {
      lanes.pending.delete(self);
      if (!answered) return;
      for (const user of users) if (lanes.last.get(user) === self) lanes.last.delete(user);
      this.#tidy(account, lanes);
    });
    turn.wait = together(before);
    for (const user of users) lanes.last.set(user, turn);
    lanes.pending.add(turn);
    return turn;
  }

  #ofAccount({ account, reads }: { account: string; reads: boolean }): Turn {
    const pending = [...(this.#accounts.get(account)?.pending ?? [])];
    const wait = together(pending.map(({ effect }) => effect));
    if (reads) return { ...free, wait };
    const lanes = this.#lanesOf(account);
    const turn: Held = new Held((self) => {
      lanes.pending.delete(self);
      if (lanes.whole === self) lanes.whole = null;
      this.#tidy(account, lanes);
    });
    turn.wait = wait;
    lanes.whole = turn;
    lanes.pending.add(turn);
    return turn;
  }

  #tidy(account: string, { last, pending, whole }: AccountLanes): void {
    if (last.size === 0 && pending.size === 0 && whole === null) this.#accounts.delete(account);
  }
}
