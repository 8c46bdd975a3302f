// Arbitrary sequences of calls on the model, and the history of what each of them did.
import fc from 'fast-check';
import type { Channel } from '../../src/rules/code.ts';
import type { LoginAnswer, SendDecision, VerifyDecision } from '../../src/rules/sign-in.ts';
import * as store from './model.ts';

export const minute = 60_000;
export const day = 24 * 60 * minute;
export const start = Date.UTC(2026, 2, 1);

/** Where sign-ins come from; what has the same `place` is one location (null: never trusted). */
const addresses: { ip: string; place: string | null }[] = [
  { ip: '203.0.113.7', place: 'office' },
  { ip: '::ffff:203.0.113.7', place: 'office' },
  { ip: '64:ff9b::cb00:7107', place: 'office' },
  { ip: '203.0.113.8', place: 'next door' },
  { ip: '2001:db8:1:2::5', place: 'home' },
  { ip: '2001:db8:1:2:ffff::9', place: 'home' },
  { ip: '2001:db8:1:3::5', place: 'neighbour' },
  { ip: '127.0.0.1', place: null },
  { ip: 'fe80::1', place: null },
];

/** `right`: the newest code of the user; `oldest`: the first one ever; digits: a plain guess. */
type Guess = 'right' | 'oldest' | string;

export type Step =
  | { do: 'send'; user: number; via: Channel; app: string; requestId: string | null; digits: string }
  | { do: 'verify'; user: number; app: string; from: number; requestId: string | null; guess: Guess }
  | { do: 'login'; user: number; from: number }
  | { do: 'wait'; ms: number }
  | { do: 'setBack'; ms: number }
  | { do: 'changeContact'; user: number; email: string }
  | { do: 'reactivate'; user: number };

export type Call =
  | { do: 'send'; call: store.SendCall; decision: SendDecision }
  | {
      do: 'verify';
      call: store.VerifyCall;
      place: string | null;
      decision: VerifyDecision;
      compared: number[];
    }
  | { do: 'login'; user: number; place: string | null; answer: LoginAnswer }
  | { do: 'wait' | 'setBack' }
  | { do: 'changeContact' | 'reactivate'; user: number };

/** What one call did. */
export type Moment = Call & { before: store.Model; after: store.Model };

const user = fc.constantFrom(0, 0, 0, 1);
const from = fc.nat({ max: addresses.length - 1 });
const app = fc.constantFrom('platform', 'desktop');
const requestId = fc.option(fc.constantFrom('r1', 'r2', 'r3'), { freq: 2, nil: null });
// Few different codes, so that guesses meet codes, and codes each other.
const digits = fc.nat({ max: 9 }).map((digit) => `00000${digit}`);

const waiting = fc.oneof(
  fc.constantFrom(0, 1, 5 * minute, 15 * minute - 1, 15 * minute, 15 * minute + 1, 7 * day - 1, 7 * day),
  fc.nat({ max: 10 * minute }),
  fc.nat({ max: 9 * day }),
);
const forward = waiting.map((ms): Step => ({ do: 'wait', ms }));
const backward = waiting.map((ms): Step => ({ do: 'setBack', ms }));
const sending = fc
  .record({ user, via: fc.constantFrom<Channel>('email', 'sms'), app, requestId, digits })
  .map((call): Step => ({ do: 'send', ...call }));
const guess = fc.oneof(fc.constantFrom<Guess>('right', 'oldest', '999999', '999999', '999999'), digits);
const verifying = fc
  .record({ user, app, from, requestId, guess })
  .map((call): Step => ({ do: 'verify', ...call }));
const loggingIn = fc.record({ user, from }).map((call): Step => ({ do: 'login', ...call }));
const changing = fc
  .record({ user, email: fc.constantFrom('a@northside.example', 'b@northside.example') })
  .map((call): Step => ({ do: 'changeContact', ...call }));
const reactivating = user.map((id): Step => ({ do: 'reactivate', user: id }));

const all = { forward, backward, sending, verifying, loggingIn, changing, reactivating };
type Kind = keyof typeof all;
const weights: Record<Kind, number> = {
  forward: 3,
  backward: 1,
  sending: 6,
  verifying: 8,
  loggingIn: 3,
  changing: 1,
  reactivating: 1,
};

/** Arbitrary sequences of calls of every kind but those left out. */
export function sequences(...without: Kind[]): fc.Arbitrary<Step[]> {
  const kinds = (Object.keys(all) as Kind[]).filter((kind) => !without.includes(kind));
  const step = fc.oneof(...kinds.map((kind) => ({ arbitrary: all[kind], weight: weights[kind] })));
  return fc.array(step, { minLength: 10, maxLength: 60, size: 'max' });
}

function digitsOf(model: store.Model, id: number, guessed: Guess): string {
  const { codes } = store.userOf(model, id);
  const code = guessed === 'right' ? codes.at(-1) : codes[0];
  if (guessed === 'right' || guessed === 'oldest') return code?.digest.split(':')[1] ?? '999999';
  return guessed;
}

function addressOf(from: number): { ip: string; place: string | null } {
  const address = addresses[from];
  if (!address) throw new Error(`There is no address ${from}.`);
  return address;
}

function perform(model: store.Model, step: Step): Call {
  switch (step.do) {
    case 'send': {
      const { do: _, ...call } = step;
      return { do: 'send', call, decision: store.send(model, call) };
    }
    case 'verify': {
      const { ip, place } = addressOf(step.from);
      const { user: id, app: from, requestId: request } = step;
      const call = { user: id, app: from, requestId: request, ip, digits: digitsOf(model, id, step.guess) };
      return { do: 'verify', call, place, ...store.verify(model, call) };
    }
    case 'login': {
      const { ip, place } = addressOf(step.from);
      return { do: 'login', user: step.user, place, answer: store.login(model, step.user, ip) };
    }
    case 'wait':
    case 'setBack':
      model.now += step.do === 'wait' ? step.ms : -step.ms;
      return { do: step.do };
    case 'changeContact':
      store.changeContact(model, step.user, step.email);
      return { do: 'changeContact', user: step.user };
    case 'reactivate':
      store.reactivate(model, step.user);
      return { do: 'reactivate', user: step.user };
  }
}

/** Plays a sequence on a model, a new one unless given. */
export function play(steps: readonly Step[], model: store.Model = store.newModel(start)): Moment[] {
  let before = store.snapshot(model);
  return steps.map((step) => {
    const call = perform(model, step);
    const after = store.snapshot(model);
    const moment: Moment = { ...call, before, after };
    before = after;
    return moment;
  });
}
