// Walks one chain of the audit trail: each event is compared with the one before it, and each break with all before it.
import type { TrailVerdict } from '../actions/store.ts';
import { type ChainPosition, type EventBody, nextLink } from '../rules/chain.ts';
import { breakOf, chainDigest, type LinkedEvent } from '../rules/chain-break.ts';
import type { Keyring } from '../rules/keyring.ts';
import { int, intOrNull, type Row, text, textOrNull } from './rows.ts';

type Broken = NonNullable<TrailVerdict['firstBroken']>;

/** An event's row as it was linked. */
export function linkedEventOf(row: Row): LinkedEvent {
  return {
    keyId: text(row, 'key_id'),
    link: text(row, 'link'),
    body: {
      at: int(row, 'at'),
      actor: text(row, 'actor'),
      role: text(row, 'role'),
      tokenId: intOrNull(row, 'token_id'),
      action: text(row, 'action') as EventBody['action'],
      account: textOrNull(row, 'account'),
      user: textOrNull(row, 'user'),
      outcome: text(row, 'outcome') as EventBody['outcome'],
      details: text(row, 'details'),
    },
  };
}

export class ChainWalk {
  reached: ChainPosition = { count: 0, link: '' };
  /** Events that only a break vouches for. */
  unproved = 0;
  readonly breaks: TrailVerdict['breaks'] = [];
  readonly #keyring: Keyring;
  readonly #subject: string;
  readonly #digest;
  #seq = 0;
  /** The first event whose key is not in the ring and for which no break vouches yet. */
  #waiting: Broken | null = null;
  #waited = 0;

  /** @param broke whether breaks are to be expected: only then are all events taken into a digest. */
  constructor(keyring: Keyring, subject: string, broke: boolean) {
    this.#keyring = keyring;
    this.#subject = subject;
    this.#digest = broke ? chainDigest() : null;
  }

  /** Compares the next event, in the order of the chain. */
  step(row: Row): Broken | null {
    const event = linkedEventOf(row);
    const broken = this.#place(row) ?? this.#link(row, event);
    if (broken) return broken;
    this.#seq = int(row, 'seq');
    this.#digest?.add(event);
    this.reached = { count: this.reached.count + 1, link: event.link };
    return null;
  }

  /** What is still wrong at the end of the chain. */
  end(): Broken | null {
    return this.#waiting;
  }

  #broken(row: Row, reason: string): Broken {
    return { subject: this.#subject, seq: int(row, 'seq'), reason };
  }

  #place(row: Row): Broken | null {
    if (int(row, 'place') === this.reached.count + 1) return null;
    return this.#broken(row, 'an event before this one is missing');
  }

  #link(row: Row, event: LinkedEvent): Broken | null {
    const key = this.#keyring.get(event.keyId);
    if (!key) {
      this.#waiting ??= this.#broken(row, `the key ring has no key "${event.keyId}"`);
      this.#waited += 1;
      return this.#digest ? null : this.#waiting;
    }
    if (nextLink(key.trail, this.#subject, this.reached, event.body) !== event.link) {
      return this.#broken(row, 'the event was changed, moved or put in place of another');
    }
    if (int(row, 'seq') <= this.#seq) {
      return this.#broken(row, 'the event was moved in the order of the trail');
    }
    if (event.body.action === 'chain.rekeyed') return this.#break(row, event.body);
    return this.#waiting;
  }

  /** A break that fits what came before it vouches for the events whose key is lost. */
  #break(row: Row, { at, details }: EventBody): Broken | null {
    const from = breakOf(details);
    const fits =
      from?.count === this.reached.count &&
      from.link === this.reached.link &&
      from.digest === this.#digest?.value();
    if (!fits) return this.#broken(row, 'an event before this break was changed since');
    const { reason } = JSON.parse(details) as { reason?: string };
    this.breaks.push({ seq: int(row, 'seq'), at, reason: reason ?? '' });
    this.unproved += this.#waited;
    this.#waited = 0;
    this.#waiting = null;
    return null;
  }
}
