// Takes requests from many sides: carries them out in their turn, so many at a time, and says when there is room for more.
import type { Credential, Request } from '../actions/perform.ts';
import { TwofaError } from '../errors.ts';
import { type About, Lanes, type Turn } from './lanes.ts';
import type { Reply } from './reply.ts';
import { wholeNumber } from './run.ts';

/** Requests at a time that were taken and whose replies nobody has yet; most of them wait for a mail server. */
const takenMax = 10_000;
/** And how much they and their replies may be, in bytes. */
const bytesMax = 64 * 1024 * 1024;

const inFlightMax = 1000;

/** @throws TwofaError `invalid-input` for what is no number of requests. */
export function inFlightOf(text: string): number {
  const number = wholeNumber('inFlight', text);
  if (number >= 1 && number <= inFlightMax) return number;
  throw new TwofaError('invalid-input', `inFlight "${number}" must be from 1 to ${inFlightMax}.`, {
    details: { field: 'inFlight' },
  });
}

/** A request that was taken. */
export interface Taken {
  request: Request;
  /** What is answered with the reply. */
  id: unknown;
  credential: Credential;
  /** Its length, in bytes. */
  bytes: number;
}

/** How requests are carried out: by the operations of this process, or by a service. */
export interface Work<T extends Taken> {
  /** Whom a request is about. Never rejects. */
  about(taken: T): Promise<About>;
  /**
   * Carries it out. Whatever is refused or fails is a reply as well.
   * @param sends is told when all that is to be done is done, but what has to be delivered.
   */
  reply(taken: T, sends: () => void): Promise<Reply>;
}

export interface DeskOptions<T extends Taken> {
  work: Work<T>;
  /** Requests at a time that the store works on; those that wait for a mail server or gateway do not count. */
  inFlight: number;
}

/** Places of which each is somebody's until it is given back. */
class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** Waits for a place; null where there is one. */
  take(): Promise<void> | null {
    this.#free -= 1;
    return this.#free >= 0 ? null : new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(): void {
    this.#free += 1;
    this.#waiting.shift()?.();
  }
}

/** How many requests are at each stage. */
interface Stages {
  /** Those that wait for their turn. */
  waiting: number;
  /** Those that the store works on, or is about to. */
  working: number;
  /** Those that wait for a mail server or gateway. */
  sending: number;
}

/**
 * Carries out requests. Those about one user take effect and are answered in the order in which they were taken; those
 * in flight at a time share commits. What is to be delivered was committed before, so that a request gives its place to
 * another as soon as it waits for a mail server.
 */
export class Desk<T extends Taken = Taken> {
  readonly #work: Work<T>;
  readonly #inFlight: number;
  readonly #lanes = new Lanes();
  readonly #places: Places;
  readonly #stages: Stages = { waiting: 0, working: 0, sending: 0 };
  #taken = 0;
  #bytes = 0;
  #told: (() => void)[] = [];

  constructor({ work, inFlight }: DeskOptions<T>) {
    this.#work = work;
    this.#inFlight = inFlight;
    this.#places = new Places(inFlight);
  }

  /** Whether no more is to be taken now. While messages are being sent, who waits may wait for one of them. */
  get isFull(): boolean {
    const { waiting, working, sending } = this.#stages;
    return this.isCrowded || working + (sending === 0 ? waiting : 0) >= this.#inFlight;
  }

  /** Whether so much waits for its reply that no more can be taken. */
  get isCrowded(): boolean {
    return this.#taken >= takenMax || this.#bytes >= bytesMax;
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#told.push(resolve));
  }

  #change(): void {
    const told = this.#told;
    this.#told = [];
    for (const tell of told) tell();
  }

  /** Waits until there is room for another request. */
  room(): Promise<void> {
    return this.#until(() => !this.isFull);
  }

  /** Waits until every request that was taken is answered. */
  idle(): Promise<void> {
    return this.#until(() => this.#taken === 0);
  }

  /**
   * Takes a request. Its turn is behind those that were taken before.
   * @param answer gets the reply; what it gives back comes when the reply is with whoever asked.
   * @returns once it has its turn: the reply comes later.
   */
  async take(taken: T, answer: (reply: Reply) => Promise<void>): Promise<void> {
    this.#taken += 1;
    this.#bytes += taken.bytes;
    const turn = this.#lanes.enter(await this.#work.about(taken));
    const answered = this.#carryOut(taken, turn).then((reply) => {
      try {
        return answer(reply);
      } finally {
        turn.answered();
      }
    });
    this.#forget(answered, taken.bytes);
  }

  /** Answers what is no request: it has no turn, and counts as taken until its reply is with whoever asked. */
  refuse(reply: Reply, answer: (reply: Reply) => Promise<void>): void {
    this.#taken += 1;
    this.#forget(answer(reply), 0);
  }

  /** Counts one less once its reply is with whoever asked. */
  #forget(gone: Promise<void>, bytes: number): void {
    void gone.finally(() => {
      this.#taken -= 1;
      this.#bytes -= bytes;
      this.#change();
    });
  }

  #move(from: keyof Stages | null, to: keyof Stages | null): void {
    if (from !== null) this.#stages[from] -= 1;
    if (to !== null) this.#stages[to] += 1;
  }

  async #carryOut(taken: T, turn: Turn): Promise<Reply> {
    this.#move(null, 'waiting');
    if (turn.wait) await turn.wait;
    this.#move('waiting', 'working');
    await this.#places.take();
    let stage: 'working' | 'sending' = 'working';
    const sends = () => {
      if (stage === 'sending') return;
      stage = 'sending';
      this.#move('working', 'sending');
      turn.tookEffect();
      this.#places.giveBack();
      this.#change();
    };
    const reply = await this.#work.reply(taken, sends);
    // What is sent behind the answer, such as notices, is nobody's wait.
    sends();
    this.#move('sending', null);
    return reply;
  }
}
